import { beforeEach, describe, expect, it } from '@jest/globals';
import { settle, TestClock } from '@flowkeep/testing';
import { FactCache, factCacheLimits, factLifetimeMs } from './fact-cache.ts';

interface Fact {
  readonly id: string;
  readonly revision: number;
}

class NoSuchThing extends Error {}

describe('the fact cache', () => {
  let clock: TestClock;
  let asked: string[];
  let load: (key: string) => Promise<Fact>;
  let cache: FactCache<Fact>;

  beforeEach(() => {
    clock = new TestClock();
    asked = [];
    load = (key) => Promise.resolve({ id: `id of ${key}`, revision: 1 });
    cache = new FactCache<Fact>({
      clock,
      load: (key) => {
        asked.push(key);
        return load(key);
      },
      idOf: ({ id }) => id,
      revisionOf: ({ revision }) => revision,
      isMissing: (error) => error instanceof NoSuchThing,
    });
  });

  const nothing = () => Promise.reject(new NoSuchThing());

  /** Makes look-ups wait until the test answers them. */
  function holdReplies() {
    const held: { resolve: (fact: Fact) => void; reject: (error: Error) => void }[] = [];
    load = () => new Promise((resolve, reject) => held.push({ resolve, reject }));
    return held;
  }

  describe('keeps a fact', () => {
    it('for 5 s from the moment its look-up began, not from its reply', async () => {
      const held = holdReplies();
      const first = cache.get('a');
      await clock.advance(3_000);
      held[0]?.resolve({ id: 'a', revision: 1 });
      await first;
      await clock.advance(factLifetimeMs - 3_001);
      expect(cache.peek('a')).toEqual({ id: 'a', revision: 1 });
      await clock.advance(1);
      expect(cache.peek('a')).toBeUndefined();
    });

    it('and gives the same object while it counts', async () => {
      expect(await cache.get('a')).toBe(await cache.get('a'));
      expect(asked).toEqual(['a']);
    });

    it('no longer than a caller allows who doubts it', async () => {
      await cache.get('a');
      await clock.advance(999);
      await cache.get('a', 1_000);
      expect(asked).toHaveLength(1);
      await clock.advance(1);
      await Promise.all([cache.get('a', 1_000), cache.get('a', 1_000)]);
      expect(asked).toHaveLength(2);
      await cache.get('a', 1_000);
      expect(asked).toHaveLength(2);
    });

    it('for everybody else while a doubter asks again', async () => {
      const before = await cache.get('a');
      await clock.advance(1_000);
      const held = holdReplies();
      const doubter = cache.get('a', 1_000);
      expect(await cache.get('a')).toBe(before);
      held[0]?.resolve({ id: 'id of a', revision: 2 });
      expect(await doubter).toMatchObject({ revision: 2 });
      expect(cache.peek('a')).toMatchObject({ revision: 2 });
    });

    it('never longer than its life, whatever age a caller allows', async () => {
      await cache.get('a');
      await clock.advance(factLifetimeMs);
      await cache.get('a', Number.POSITIVE_INFINITY);
      expect(asked).toHaveLength(2);
    });
  });

  describe('looks a key up', () => {
    it('once at a time, for all who ask', async () => {
      const held = holdReplies();
      const all = Promise.all([cache.get('a'), cache.get('a'), cache.get('b')]);
      await settle();
      expect(asked).toEqual(['a', 'b']);
      held.forEach(({ resolve }, index) => resolve({ id: String(index), revision: 1 }));
      expect((await all).map(({ id }) => id)).toEqual(['0', '0', '1']);
    });

    it('again after a failure that says nothing about it, which all who waited get', async () => {
      const held = holdReplies();
      const both = Promise.allSettled([cache.get('a'), cache.get('a')]);
      held[0]?.reject(new Error('no connection'));
      expect((await both).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
      load = (key) => Promise.resolve({ id: key, revision: 1 });
      expect(await cache.get('a')).toEqual({ id: 'a', revision: 1 });
    });
  });

  describe('on news', () => {
    it('drops what is older and keeps what is not', async () => {
      await cache.get('a');
      cache.changed('id of a', 1);
      cache.changed('id of b', 9);
      expect(cache.peek('a')).toBeDefined();
      cache.changed('id of a', 2);
      expect(cache.peek('a')).toBeUndefined();
    });

    it('drops every key of the thing', async () => {
      load = () => Promise.resolve({ id: 'one', revision: 1 });
      await cache.get('a');
      await cache.get('b');
      cache.changed('one', 2);
      expect([cache.peek('a'), cache.peek('b')]).toEqual([undefined, undefined]);
    });

    it('asks again when the reply under way is older, and keeps the newer one', async () => {
      const held = holdReplies();
      const asking = cache.get('a');
      cache.changed('one', 2);
      held[0]?.resolve({ id: 'one', revision: 1 });
      await settle();
      held[1]?.resolve({ id: 'one', revision: 2 });
      expect(await asking).toMatchObject({ revision: 2 });
      expect(cache.peek('a')).toMatchObject({ revision: 2 });
    });

    it('gives up after ten outdated replies', async () => {
      load = () => Promise.resolve({ id: 'one', revision: 1 });
      cache.changed('one', 2);
      await expect(cache.get('a')).rejects.toMatchObject({ code: 'unavailable' });
      expect(asked).toHaveLength(10);
    });

    it('answers while changes come faster than replies, and keeps nothing', async () => {
      let revision = 1;
      load = () => {
        const reply = { id: 'one', revision };
        cache.changed('one', ++revision);
        return Promise.resolve(reply);
      };
      for (let round = 1; round <= 50; round++) {
        // The second look-up knows everything that was known when it was asked.
        expect(await cache.get('a')).toMatchObject({ revision: round * 2 });
        expect(cache.peek('a')).toBeUndefined();
      }
    });

    it('hands a reply to nobody who has asked after newer news', async () => {
      const held = holdReplies();
      const [first] = [cache.get('a')];
      cache.changed('one', 2);
      held[0]?.resolve({ id: 'one', revision: 1 });
      await settle();
      cache.changed('one', 3);
      const [second, third] = [cache.get('a'), cache.get('a')];
      held[1]?.resolve({ id: 'one', revision: 2 });
      expect(await first).toMatchObject({ revision: 2 });
      await settle();
      held[2]?.resolve({ id: 'one', revision: 3 });
      expect(await Promise.all([second, third])).toMatchObject([{ revision: 3 }, { revision: 3 }]);
      expect(held).toHaveLength(3);
    });

    it('is not turned back by older news that arrives late', async () => {
      cache.changed('one', 3);
      cache.changed('one', 2);
      load = () => Promise.resolve({ id: 'one', revision: 2 });
      await expect(cache.get('a')).rejects.toMatchObject({ code: 'unavailable' });
    });

    it('remembers it for 10 s', async () => {
      cache.changed('one', 2);
      load = () => Promise.resolve({ id: 'one', revision: 1 });
      await clock.advance(9_999);
      cache.changed('another', 1);
      await expect(cache.get('a')).rejects.toMatchObject({ code: 'unavailable' });
      await clock.advance(1);
      cache.changed('another', 2);
      expect(await cache.get('a')).toMatchObject({ revision: 1 });
    });
  });

  describe('of what is missing', () => {
    it('remembers for 5 s that there is nothing', async () => {
      load = nothing;
      await expect(cache.get('a')).rejects.toBeInstanceOf(NoSuchThing);
      await clock.advance(factLifetimeMs - 1);
      await expect(cache.get('a')).rejects.toBeInstanceOf(NoSuchThing);
      expect(asked).toHaveLength(1);
      await clock.advance(1);
      await expect(cache.get('a')).rejects.toBeInstanceOf(NoSuchThing);
      expect(asked).toHaveLength(2);
    });

    it('forgets a fact that a doubter finds gone', async () => {
      await cache.get('a');
      await clock.advance(1_000);
      load = nothing;
      await expect(cache.get('a', 1_000)).rejects.toBeInstanceOf(NoSuchThing);
      expect(cache.peek('a')).toBeUndefined();
      await expect(cache.get('a')).rejects.toBeInstanceOf(NoSuchThing);
    });

    it('keeps a bounded number, and never pushes out a fact for it', async () => {
      await cache.get('good');
      load = nothing;
      for (let index = 0; index <= factCacheLimits.missing; index++) await cache.get(`bad ${index}`).catch(() => {});
      expect(cache.peek('good')).toBeDefined();
      asked = [];
      await cache.get(`bad ${factCacheLimits.missing}`).catch(() => {});
      await cache.get('bad 1').catch(() => {});
      expect(asked).toEqual([]);
      await cache.get('bad 0').catch(() => {});
      expect(asked).toEqual(['bad 0']);
    });
  });

  it('pushes out the one looked up longest ago when it is full', async () => {
    for (let index = 0; index < factCacheLimits.facts; index++) await cache.get(String(index));
    await clock.advance(1_000);
    await cache.get('0', 1_000);
    await cache.get('one more');
    expect(cache.peek('1')).toBeUndefined();
    expect([cache.peek('0'), cache.peek('2'), cache.peek('one more')]).not.toContain(undefined);
  });

  describe('when cleared', () => {
    it('asks again, also for what was missing', async () => {
      await cache.get('a');
      load = nothing;
      await cache.get('b').catch(() => {});
      cache.clear();
      asked = [];
      await cache.get('a').catch(() => {});
      await cache.get('b').catch(() => {});
      expect(asked).toEqual(['a', 'b']);
    });

    it('does not keep replies and absences that were under way, nor hand them to who asks later', async () => {
      const held = holdReplies();
      const early = [cache.get('a'), cache.get('b')];
      cache.clear();
      const late = cache.get('a');
      held[0]?.resolve({ id: 'early', revision: 1 });
      held[1]?.reject(new NoSuchThing());
      held[2]?.resolve({ id: 'late', revision: 1 });
      await Promise.allSettled(early);
      expect(await late).toMatchObject({ id: 'late' });
      expect(cache.peek('a')).toMatchObject({ id: 'late' });
      load = (key) => Promise.resolve({ id: key, revision: 1 });
      expect(await cache.get('b')).toMatchObject({ id: 'b' });
    });
  });
});
