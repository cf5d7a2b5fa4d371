import { randomBytes } from 'node:crypto';
import type { Clock } from '@flowkeep/config';

/** How many ids share one call for random bytes. */
const pooledIds = 128;

/**
 * Makes ids that sort by time: version 7 UUIDs. Within one generator each is greater than the one before, also within
 * a millisecond and when the clock is set back.
 */
export class UuidV7 {
  private lastMs = 0;
  /** The 12 bits after the time count up within a millisecond, from a random start. */
  private counter = 0;
  private pool = Buffer.alloc(0);
  private used = 0;

  constructor(private readonly clock: Clock) {}

  next(): string {
    const random = this.random();
    const now = this.clock.now();
    if (now > this.lastMs) {
      this.lastMs = now;
      this.counter = random.readUInt16BE(8) & 0x7ff;
    } else if (++this.counter > 0xfff) {
      this.lastMs++;
      this.counter = random.readUInt16BE(8) & 0x7ff;
    }
    const time = this.lastMs.toString(16).padStart(12, '0');
    const counter = (0x7000 | this.counter).toString(16);
    const variant = (0x8000 | (random.readUInt16BE(0) & 0x3fff)).toString(16);
    return `${time.slice(0, 8)}-${time.slice(8)}-${counter}-${variant}-${random.toString('hex', 2, 8)}`;
  }

  private random(): Buffer {
    if (this.used >= this.pool.length) {
      this.pool = randomBytes(10 * pooledIds);
      this.used = 0;
    }
    this.used += 10;
    return this.pool.subarray(this.used - 10, this.used);
  }
}
