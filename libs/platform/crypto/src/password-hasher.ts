import { hash, verify } from '@node-rs/argon2';
import { DomainError } from '@flowkeep/contracts';

/** 19 MiB, two passes, one lane: the OWASP minimum for argon2id, about 30 ms here. */
const parameters = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** How many may wait; the next one is told to come back. */
const queueLimit = 64;

/**
 * Hashes and checks passwords with argon2id, one at a time per process and off the event loop, so that many sign-ins
 * at once slow each other and nobody else.
 */
export class PasswordHasher {
  private tail: Promise<unknown> = Promise.resolve();
  private waiting = 0;
  private decoy: Promise<string> | undefined;

  hash(password: string): Promise<string> {
    return this.queued(() => hash(password, parameters));
  }

  /**
   * Whether `password` belongs to `hashed`. With null, for a user who does not exist, it takes as long and is false.
   */
  async verify(hashed: string | null, password: string): Promise<boolean> {
    const against = hashed ?? (await this.decoyHash());
    const matches = await this.queued(() => verify(against, password));
    return matches && hashed !== null;
  }

  /** Makes the hash unknown users are compared with ahead of time, so that the first one takes no longer. */
  async prepare(): Promise<void> {
    await this.decoyHash();
  }

  private decoyHash(): Promise<string> {
    this.decoy ??= this.queued(() => hash('no user has this password', parameters));
    return this.decoy;
  }

  private async queued<T>(work: () => Promise<T>): Promise<T> {
    if (this.waiting >= queueLimit) throw new DomainError('busy', { detail: 'password queue is full' });
    this.waiting++;
    const turn = this.tail.then(work);
    this.tail = turn.catch(() => undefined);
    try {
      return await turn;
    } finally {
      this.waiting--;
    }
  }
}
