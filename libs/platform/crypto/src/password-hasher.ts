import { DomainError } from '@flowkeep/contracts';
import { AnsweringThread, type ThreadProgram } from '@flowkeep/workers';
import type * as Argon2 from '@node-rs/argon2';

/** 19 MiB, two passes, one lane: the OWASP minimum for argon2id, about 30 ms here. */
const parameters = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** How many may wait; the next one is told to come back. */
const queueLimit = 64;

type Question = { readonly password: string } & (
  { readonly hashed: string } | { readonly parameters: typeof parameters }
);

const argon2: ThreadProgram<{ from: string }, Question, string | boolean> = ({ from }) => {
  // Behind everybody else who wants the processor: requests go on while passwords are hashed. On Linux 0 is this thread.
  if (process.platform === 'linux') process.getBuiltinModule('node:os').setPriority(0, 19);
  const { hashSync, verifySync } = process.getBuiltinModule('node:module').createRequire(from)(
    '@node-rs/argon2',
  ) as typeof Argon2;
  /* eslint-disable no-restricted-syntax -- this is the thread that may wait */
  return {
    answer: (question) =>
      'hashed' in question
        ? verifySync(question.hashed, question.password)
        : hashSync(question.password, question.parameters),
  };
  /* eslint-enable no-restricted-syntax */
};

/** One per process: passwords are hashed one at a time. */
const thread = new AnsweringThread('hashing passwords', argon2, { from: import.meta.url });
let waiting = 0;

/**
 * Hashes and checks passwords with argon2id, one at a time per process and on a thread of low priority, so that many
 * sign-ins at once slow each other and nobody else.
 */
export class PasswordHasher {
  private decoy: Promise<string> | undefined;

  async hash(password: string): Promise<string> {
    return (await ask({ password, parameters })) as string;
  }

  /**
   * Whether `password` belongs to `hashed`. With null, for a user who does not exist, it takes as long and is false.
   */
  async verify(hashed: string | null, password: string): Promise<boolean> {
    const against = hashed ?? (await this.decoyHash());
    const matches = await ask({ password, hashed: against });
    return matches === true && hashed !== null;
  }

  /** Makes the hash unknown users are compared with ahead of time, so that the first one takes no longer. */
  async prepare(): Promise<void> {
    await this.decoyHash();
  }

  private decoyHash(): Promise<string> {
    this.decoy ??= this.hash('no user has this password');
    return this.decoy;
  }
}

async function ask(question: Question): Promise<string | boolean> {
  if (waiting >= queueLimit) throw new DomainError('busy', { detail: 'password queue is full' });
  waiting++;
  try {
    return await thread.ask(question);
  } finally {
    waiting--;
  }
}
