import type { Clock } from '@flowkeep/config';
import { DomainError } from '@flowkeep/contracts';

export interface FactCacheOptions<T> {
  readonly clock: Clock;
  /** The look-up behind the cache. */
  readonly load: (key: string) => Promise<T>;
  /** The id by which news of a change names the thing. */
  readonly idOf: (fact: T) => string;
  readonly revisionOf: (fact: T) => number;
  /** Whether a failure of `load` says that there is no such thing, which may be remembered too. */
  readonly isMissing: (error: unknown) => boolean;
}

/** How often a look-up that answers what is known to be outdated is repeated. */
const maxAttempts = 10;

/** How long a fact counts, from the moment its look-up began. The bound for news that got lost. */
export const factLifetimeMs = 5_000;

/** How long a change is remembered, so that an older reply still under way is not taken for the truth. */
const newsLifetimeMs = 10_000;

/** How many facts are kept, and how many keys that are known not to exist. */
export const factCacheLimits = { facts: 100_000, missing: 20_000 } as const;

/** How many revisions of one thing are remembered one by one. */
const rememberedRevisions = 32;

/** The newest revision of a thing when that many pieces of news had come. */
interface Revision {
  readonly number: number;
  readonly revision: number;
}

interface Entry<T> {
  readonly fact: T;
  /** When its look-up began, by the monotonic clock. */
  readonly sinceMs: number;
}

/**
 * Facts that another service owns, kept for at most 5 s and dropped at once on news of a change. One look-up is under
 * way per key at a time. Remembers unknown keys in a table of their own, where they can't push out known ones.
 */
export class FactCache<T extends object> {
  private readonly facts = new Map<string, Entry<T>>();
  private readonly keysById = new Map<string, Set<string>>();
  private readonly missing = new Map<string, { readonly error: unknown; readonly validUntilMs: number }>();
  private readonly underway = new Map<string, Promise<T>>();
  private readonly news = new Map<string, { readonly revisions: Revision[]; readonly untilMs: number }>();
  /** How many pieces of news have come. */
  private heard = 0;
  private generation = 0;

  constructor(private readonly options: FactCacheOptions<T>) {}

  /** The fact if it is here and at most `maxAgeMs` old; no look-up. */
  peek(key: string, maxAgeMs = factLifetimeMs): T | undefined {
    const entry = this.facts.get(key);
    if (entry === undefined) return undefined;
    const ageMs = this.options.clock.monotonic() - entry.sinceMs;
    if (ageMs >= factLifetimeMs) this.forget(key, entry.fact);
    return ageMs < Math.min(maxAgeMs, factLifetimeMs) ? entry.fact : undefined;
  }

  /** Whether the key was looked up a moment ago and there is no such thing; no look-up. */
  isKnownMissing(key: string): boolean {
    const known = this.missing.get(key);
    return known !== undefined && this.options.clock.monotonic() < known.validUntilMs;
  }

  /** Whether somebody waits for it to be looked up already. */
  isUnderway(key: string): boolean {
    return this.underway.has(key);
  }

  /**
   * The fact, looked up if it has to be.
   *
   * @param maxAgeMs for a caller who has reason to doubt an older fact; never longer than every fact lives
   * @throws what the look-up throws; a failure other than "there is none" is never remembered
   */
  async get(key: string, maxAgeMs = factLifetimeMs): Promise<T> {
    const here = this.peek(key, maxAgeMs);
    if (here !== undefined) return here;
    const known = this.missing.get(key);
    if (known !== undefined) {
      if (this.options.clock.monotonic() < known.validUntilMs) throw known.error;
      this.missing.delete(key);
    }
    const begun = this.underway.get(key);
    if (begun !== undefined) {
      const fact = await begun;
      if (!this.isOutdated(fact)) return fact;
    }
    // One that begins after it was asked for is true enough for whoever asked, whatever changes meanwhile.
    return this.underway.get(key) ?? this.begin(key);
  }

  /** Takes news: what is older than `revision` no longer counts. */
  changed(id: string, revision: number): void {
    this.sweepNews();
    const untilMs = this.options.clock.monotonic() + newsLifetimeMs;
    const revisions = this.news.get(id)?.revisions ?? [];
    revisions.push({ number: ++this.heard, revision: Math.max(revision, revisions.at(-1)?.revision ?? 0) });
    // What the first of those that are left replaced counts as known since always: too strict is safe.
    if (revisions.length > rememberedRevisions) revisions.splice(0, 2, { ...(revisions[1] as Revision), number: 0 });
    this.news.delete(id);
    this.news.set(id, { revisions, untilMs });
    for (const key of this.keysById.get(id) ?? []) {
      const entry = this.facts.get(key);
      if (entry !== undefined && this.options.revisionOf(entry.fact) < revision) this.forget(key, entry.fact);
    }
  }

  /** Starts over, when news may have been missed. Look-ups under way are not kept either. */
  clear(): void {
    this.generation++;
    this.facts.clear();
    this.keysById.clear();
    this.missing.clear();
    this.underway.clear();
  }

  private begin(key: string): Promise<T> {
    const lookUp = this.lookUp(key).finally(() => {
      if (this.underway.get(key) === lookUp) this.underway.delete(key);
    });
    this.underway.set(key, lookUp);
    return lookUp;
  }

  private async lookUp(key: string): Promise<T> {
    const { clock, load, isMissing } = this.options;
    for (let attempt = 1; attempt <= maxAttempts; attempt++) {
      const startedMs = clock.monotonic();
      const { generation, heard } = this;
      try {
        const fact = await load(key);
        if (!this.isOutdated(fact)) {
          if (generation === this.generation) this.remember(key, fact, startedMs);
          return fact;
        }
        // A reply may have been sent just before the news that outdates it: then it is asked again. Where news comes all the
        // time, somebody signs in over and over, a reply counts for those who asked before it was looked up.
        if (attempt > 1 && !this.isOutdated(fact, heard)) return fact;
      } catch (error) {
        if (isMissing(error) && generation === this.generation) {
          const outdated = this.facts.get(key);
          if (outdated !== undefined) this.forget(key, outdated.fact);
          trim(this.missing, factCacheLimits.missing);
          this.missing.set(key, { error, validUntilMs: startedMs + factLifetimeMs });
        }
        throw error;
      }
    }
    throw new DomainError('unavailable', { detail: 'the look-up keeps answering with an outdated revision' });
  }

  /** Whether news says that there is something newer, the first `heard` pieces of all news alone if that is given. */
  private isOutdated(fact: T, heard = this.heard): boolean {
    const known = this.news.get(this.options.idOf(fact))?.revisions.findLast(({ number }) => number <= heard);
    return known !== undefined && this.options.revisionOf(fact) < known.revision;
  }

  private remember(key: string, fact: T, startedMs: number): void {
    // Deleted first: what was asked for again is young again, so others are pushed out before it.
    this.facts.delete(key);
    if (this.facts.size >= factCacheLimits.facts) {
      const oldest = this.facts.entries().next().value;
      if (oldest !== undefined) this.forget(oldest[0], oldest[1].fact);
    }
    this.facts.set(key, { fact, sinceMs: startedMs });
    const id = this.options.idOf(fact);
    const keys = this.keysById.get(id);
    if (keys === undefined) this.keysById.set(id, new Set([key]));
    else keys.add(key);
  }

  private forget(key: string, fact: T): void {
    this.facts.delete(key);
    const id = this.options.idOf(fact);
    const keys = this.keysById.get(id);
    keys?.delete(key);
    if (keys?.size === 0) this.keysById.delete(id);
  }

  private sweepNews(): void {
    const now = this.options.clock.monotonic();
    for (const [id, { untilMs }] of this.news) {
      if (untilMs > now) return;
      this.news.delete(id);
    }
  }
}

/** Makes room for one more by dropping the oldest. */
function trim(map: Map<string, unknown>, max: number): void {
  if (map.size < max) return;
  const oldest = map.keys().next().value;
  if (oldest !== undefined) map.delete(oldest);
}
