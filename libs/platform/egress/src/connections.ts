import type { LookupAddress, LookupOptions } from 'node:dns';
import { isIP } from 'node:net';
import { Pool } from 'undici';
import type { Destination } from './destinations.ts';

export interface EgressLimits {
  readonly connectMs: number;
  /** Until the first byte of the answer. */
  readonly headersMs: number;
  /** Between two pieces of the answer. */
  readonly silenceMs: number;
  readonly requestBytes: number;
  /** Of the answer, decompressed. */
  readonly responseBytes: number;
  readonly redirects: number;
}

export const defaultLimits: EgressLimits = {
  connectMs: 10_000,
  // Models think for a long time before they say their first word.
  headersMs: 600_000,
  silenceMs: 120_000,
  requestBytes: 64 * 1024 * 1024,
  responseBytes: 64 * 1024 * 1024,
  redirects: 5,
};

const maxPools = 256;

type LookupDone = (error: Error | null, address: string | LookupAddress[], family?: number) => void;

/** A resolver that knows one answer: what was checked is what is connected to. */
export function pinnedLookup(addresses: readonly string[]) {
  return (_name: string, options: LookupOptions, done: LookupDone): void => {
    const found = addresses.map((address) => ({ address, family: isIP(address) }));
    const [first] = found;
    if (options.all === true || first === undefined) done(null, found);
    else done(null, first.address, first.family);
  };
}

/** Connections that are kept for the next request, by place and by the addresses that were checked for it. */
export class Connections {
  private readonly pools = new Map<string, Pool>();

  constructor(private readonly limits: EgressLimits) {}

  for({ url, addresses }: Destination): Pool {
    const key = `${url.origin} ${[...addresses].sort().join(' ')}`;
    const known = this.pools.get(key);
    if (known !== undefined) {
      this.pools.delete(key);
      this.pools.set(key, known);
      return known;
    }
    const { connectMs, headersMs, silenceMs } = this.limits;
    const pool = new Pool(url.origin, {
      connect: { timeout: connectMs, lookup: pinnedLookup(addresses) },
      headersTimeout: headersMs,
      bodyTimeout: silenceMs,
      // The name may belong to somebody else soon.
      keepAliveTimeout: 4_000,
      keepAliveMaxTimeout: 30_000,
    });
    this.pools.set(key, pool);
    this.forgetOldest();
    return pool;
  }

  async close(): Promise<void> {
    const pools = [...this.pools.values()];
    this.pools.clear();
    await Promise.all(pools.map((pool) => pool.destroy()));
  }

  private forgetOldest(): void {
    if (this.pools.size <= maxPools) return;
    const [oldest] = this.pools;
    if (oldest === undefined) return;
    this.pools.delete(oldest[0]);
    // Requests under way end first.
    oldest[1].close().catch(() => undefined);
  }
}
