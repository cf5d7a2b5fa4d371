import { describe, expect, it } from '@jest/globals';
import { uuid } from '@flowkeep/contracts';
import { TestClock } from '@flowkeep/testing';
import { UuidV7 } from './uuid-v7.ts';

describe('version 7 UUIDs', () => {
  it('carry the time and are valid', () => {
    const clock = new TestClock(0x0123_4567_89ab);
    expect(new UuidV7(clock).next()).toMatch(/^01234567-89ab-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(uuid.safeParse(new UuidV7(clock).next()).success).toBe(true);
  });

  it('only ever ascend, within a millisecond and when the clock is set back', () => {
    let now = 1_790_000_000_000;
    const clock = new (class extends TestClock {
      override now = () => now;
    })();
    const ids = new UuidV7(clock);
    const made = Array.from({ length: 10_000 }, () => ids.next());
    now -= 5_000;
    made.push(ids.next());
    now += 60_000;
    made.push(ids.next());
    expect([...made].sort()).toEqual(made);
    expect(new Set(made).size).toBe(made.length);
  });

  it('differ between generators at the same moment', () => {
    const clock = new TestClock();
    const made = Array.from({ length: 200 }, () => new UuidV7(clock).next());
    expect(new Set(made).size).toBe(200);
  });
});
