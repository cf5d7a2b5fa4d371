import { isIP } from 'node:net';

/** Which hops before us are believed: none, those in a list, or those a function says. */
export type TrustProxy = false | string[] | ((address: string, hop: number) => boolean);

/**
 * TRUST_PROXY as Fastify wants it: nothing, a number of hops, or addresses and CIDR ranges. With a list the client's
 * address is the right-most one that is not in it, whatever the client itself put in front.
 *
 * @throws Error naming the variable when an entry is neither
 */
export function trustProxyOption(entries: readonly string[]): TrustProxy {
  if (entries.length === 0) return false;
  const [first] = entries;
  if (entries.length === 1 && first !== undefined && /^\d{1,2}$/.test(first)) {
    const hops = Number(first);
    return (_address, hop) => hop < hops;
  }
  if (!entries.every(isAddressRange)) {
    throw new Error('FLOWKEEP_TRUST_PROXY must be a number of hops, or addresses and CIDR ranges.');
  }
  return [...entries];
}

function isAddressRange(entry: string): boolean {
  const [address, bits, more] = entry.split('/');
  const family = isIP(address ?? '');
  if (family === 0 || more !== undefined) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128));
}
