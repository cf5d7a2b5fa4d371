import ipaddr from 'ipaddr.js';

const pattern = /^(\*\.)?(?=.{1,253}$)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*$/;

/** Hosts an operator lets flows reach although they are not public: names, `*.suffix`, addresses and CIDR ranges. */
export class AllowedHosts {
  private readonly names = new Set<string>();
  private readonly suffixes: string[] = [];
  private readonly ranges: [ipaddr.IPv4 | ipaddr.IPv6, number][] = [];

  /** @throws Error with one line for the operator, for an entry that is none of these */
  constructor(entries: readonly string[]) {
    for (const entry of entries) this.add(entry);
  }

  /** Whether the name itself is allowed, whatever it resolves to. */
  allowsName(host: string): boolean {
    return this.names.has(host) || this.suffixes.some((suffix) => host.endsWith(suffix));
  }

  allowsAddress(address: string): boolean {
    if (!ipaddr.isValid(address)) return false;
    const parsed = ipaddr.process(address);
    return this.ranges.some((range) => range[0].kind() === parsed.kind() && parsed.match(range));
  }

  private add(entry: string): void {
    const range = readRange(entry);
    if (range !== null) return void this.ranges.push(range);
    const name = toAscii(entry);
    if (name === null) {
      throw new Error(
        `FLOWKEEP_SSRF_ALLOWED_HOSTS has an entry that is no host name, *.suffix, IP address or CIDR range: ${entry.slice(0, 255)}`,
      );
    }
    if (name.startsWith('*.')) this.suffixes.push(name.slice(1));
    else this.names.add(name);
  }
}

/** A name as resolvers take it, or null for what is none. */
function toAscii(entry: string): string | null {
  const wildcard = entry.startsWith('*.');
  const rest = wildcard ? entry.slice(2) : entry;
  if (/[:@/?#\\\s]/.test(rest) || !URL.canParse(`http://${rest}`)) return null;
  const { hostname } = new URL(`http://${rest}`);
  const name = `${wildcard ? '*.' : ''}${hostname.replace(/\.$/, '')}`;
  return pattern.test(name) ? name : null;
}

function readRange(entry: string): [ipaddr.IPv4 | ipaddr.IPv6, number] | null {
  const bare = entry.replace(/^\[(.*)\]$/, '$1');
  if (ipaddr.IPv4.isValidFourPartDecimal(bare) || ipaddr.IPv6.isValid(bare)) {
    const address = ipaddr.process(bare);
    return [address, address.kind() === 'ipv4' ? 32 : 128];
  }
  if (!/^[\da-f.:]+\/\d{1,3}$/i.test(bare)) return null;
  try {
    return ipaddr.parseCIDR(bare);
  } catch {
    return null;
  }
}
