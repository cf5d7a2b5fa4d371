import { randomBytes } from 'node:crypto';
import type { Clock } from '@flowkeep/config';

/** Hex digits that one id takes: 3 for where its counter starts, 16 that are random. */
const digitsPerId = 19;

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
  /** Of `lastMs`, as an id begins with it. */
  private time = '';
  private pool = '';
  private used = 0;

  constructor(private readonly clock: Clock) {}

  next(): string {
    const random = this.random();
    const now = this.clock.now();
    if (now > this.lastMs) this.begin(now, random);
    else if (++this.counter > 0xfff) this.begin(this.lastMs + 1, random);
    const counter = (0x7000 | this.counter).toString(16);
    const variant = (0x8000 | (Number.parseInt(random.slice(3, 7), 16) & 0x3fff)).toString(16);
    return `${this.time}-${counter}-${variant}-${random.slice(7)}`;
  }

  private begin(ms: number, random: string): void {
    this.lastMs = ms;
    this.counter = Number.parseInt(random.slice(0, 3), 16) & 0x7ff;
    const digits = ms.toString(16).padStart(12, '0');
    this.time = `${digits.slice(0, 8)}-${digits.slice(8)}`;
  }

  private random(): string {
    if (this.used >= this.pool.length) {
      this.pool = randomBytes((digitsPerId * pooledIds) / 2).toString('hex');
      this.used = 0;
    }
    this.used += digitsPerId;
    return this.pool.slice(this.used - digitsPerId, this.used);
  }
}
