import { randomBytes } from 'node:crypto';

const digits = 32;
/** How many ids share one call for random bytes. */
const pooledIds = 256;

let pool = '';
let used = 0;

/** 32 random hex digits, as a W3C trace id. */
export function newTraceId(): string {
  if (used === pool.length) {
    pool = randomBytes((digits * pooledIds) / 2).toString('hex');
    used = 0;
  }
  used += digits;
  return pool.slice(used - digits, used);
}
