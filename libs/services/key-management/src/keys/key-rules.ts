const dayMs = 24 * 60 * 60 * 1000;

/** What the operator lets people do with keys. */
export class KeyRules {
  /** @param maxDays how long a key may live; null = as long as its owner wants */
  constructor(
    private readonly maxDays: number | null,
    /** Whether people make keys at all. */
    readonly fromPeople = true,
  ) {}

  /** The latest moment a key may end whose secret was made at `madeAt`; null = never. Milliseconds since 1970. */
  latestExpiry(madeAt: number): number | null {
    return this.maxDays === null ? null : madeAt + this.maxDays * dayMs;
  }
}
