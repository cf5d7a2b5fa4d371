import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Fault, missingParts } from '@flowkeep/testing';
import { type Change, changes, type Held, newsStand, setUps } from './lost-news.spec-stand.ts';

const faults: readonly (Fault | undefined)[] = [undefined, 'drop', 'repeat', 'delay', 'swap'];
/** How long a change may go unnoticed when the news of it is lost. */
const boundMs = 5_000;
const ends: readonly Change[] = ['the key deleted', 'the key disabled', 'its holder deactivated'];

const noNats = (await missingParts(['nats'])).length > 0;

for (const setUp of setUps) {
  const define = setUp === 'over NATS' && noNats ? describe.skip : describe;
  define(`news of a change, ${setUp}`, () => {
    let at: Awaited<ReturnType<typeof newsStand>>;

    beforeEach(async () => {
      at = await newsStand(setUp);
    });
    afterEach(() => at.stop());

    /** How long after now a key was accepted last, asked every half second; -1 = never again. */
    async function lastAccepted(held: Held, forMs: number): Promise<number> {
      let last = -1;
      for (let passedMs = 0; passedMs < forMs; passedMs += 500) {
        await at.settled();
        if (await at.passes(held)) last = passedMs;
        await at.clock.advance(500);
      }
      return last;
    }

    it.each(
      ends.flatMap((change) =>
        (
          [
            ['comes', undefined, -1],
            ['comes twice', 'repeat', -1],
            ['comes 3 s late', 'delay', 2_500],
            ['is lost', 'drop', boundMs - 500],
          ] as const
        ).map((row) => [change, ...row] as const),
      ),
    )('%s: a key whose news %s is refused in time', async (change, _what, fault, last) => {
      const held = at.issue();
      expect(await at.passes(held)).toBe(true);
      at.change(held, change, fault);
      expect(await lastAccepted(held, 8_000)).toBe(last);
    });

    it('older news that comes after newer is not believed', async () => {
      const held = at.issue();
      expect(await at.passes(held)).toBe(true);
      at.change(held, 'the key disabled', 'delay');
      at.change(held, 'the key enabled', 'swap');
      at.change(held, 'the key disabled');
      await at.settled();
      expect(await lastAccepted(held, 8_000)).toBe(-1);
      at.change(held, 'the key enabled', 'drop');
      await at.clock.advance(boundMs);
      expect(await at.passes(held)).toBe(true);
    });

    it('whatever becomes of it, a key is judged by what was true of it and its holder in the last 5 s', async () => {
      const step = fc.record({
        change: fc.option(fc.constantFrom(...(Object.keys(changes) as Change[]))),
        fault: fc.constantFrom(...faults),
        which: fc.nat(2),
        passMs: fc.constantFrom(0, 0, 400, 2_000, 5_000),
        /** Whether a run is under way during the change. */
        during: fc.boolean(),
      });
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 25 }), async (steps) => {
          // Wrong keys of earlier rounds are forgiven by then.
          await at.clock.advance(10_000);
          const keys = [0, 1, 2].map(() => new Watched(at.issue()));
          for (const { change, fault, which, passMs, during } of steps) {
            const one = keys[which] as Watched;
            const underway = during ? at.passes(one.held) : undefined;
            one.look(at.clock.monotonic());
            if (change !== null && one.held.key !== null) at.change(one.held, change, fault);
            await underway;
            await at.clock.advance(passMs);
            for (const key of keys) {
              const passed = await at.passes(key.held);
              key.look(at.clock.monotonic());
              if (key.mustPass) expect(passed).toBe(true);
              if (!key.mayPass) expect(passed).toBe(false);
            }
          }
        }),
        { numRuns: 15, endOnFailure: true },
      );
    });

    if (setUp !== 'over NATS') return;

    it('that was missed without a connection is made up for when it is back', async () => {
      const held = ends.map(() => at.issue());
      for (const one of held) expect(await at.passes(one)).toBe(true);
      const kept = at.issue();
      expect(await at.passes(kept)).toBe(true);
      await at.nats?.pause();
      await at.connected(false);
      held.forEach((one, index) => at.change(one, ends[index] as Change));
      await at.nats?.resume();
      await at.settled();
      at.state.lookUps = [];
      expect(await at.passes(kept)).toBe(true);
      expect(at.state.lookUps).toEqual(['key', 'person']);
      for (const one of held) expect(await at.passes(one)).toBe(false);
    });
  });
}

/** A key with what was true of it and its holder, and when last. */
class Watched {
  private readonly enabled = { lastMs: -Infinity, lastNotMs: -Infinity };
  private readonly active = { lastMs: -Infinity, lastNotMs: -Infinity };
  private nowMs = 0;

  constructor(readonly held: Held) {}

  /** To be called before each change, and before each question. */
  look(nowMs: number): void {
    this.nowMs = nowMs;
    this.enabled[this.held.key?.enabled === true ? 'lastMs' : 'lastNotMs'] = nowMs;
    this.active[this.held.person.active ? 'lastMs' : 'lastNotMs'] = nowMs;
  }

  get mayPass(): boolean {
    return [this.enabled, this.active].every(({ lastMs }) => this.nowMs - lastMs < boundMs);
  }

  get mustPass(): boolean {
    return [this.enabled, this.active].every(({ lastNotMs }) => this.nowMs - lastNotMs >= boundMs);
  }
}
