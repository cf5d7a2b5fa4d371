import { TransientMap } from '@flowkeep/collections';
import type { Clock } from '@flowkeep/config';
import type { FastifyInstance } from 'fastify';

const drainMs = 30_000;

/** Keeps count of the answers under way, so that a stop can wait for them, streams included. */
export class Draining {
  private readonly open = new TransientMap<number, { destroy(): void }>();
  private count = 0;
  private whenEmpty: (() => void) | undefined;

  constructor(fastify: FastifyInstance) {
    fastify.addHook('onRequest', (_request, reply, done) => {
      const { raw } = reply;
      const number = ++this.count;
      this.open.add(number, raw);
      raw.once('close', () => {
        this.open.delete(number);
        if (this.open.size === 0) this.whenEmpty?.();
      });
      done();
    });
  }

  /** Resolves when every answer is out, after 30 s at the latest: what is left then is cut off. */
  async wait(clock: Clock): Promise<void> {
    if (this.open.size === 0) return;
    const empty = new Promise<void>((resolve) => (this.whenEmpty = resolve));
    await Promise.race([empty, clock.sleep(drainMs)]);
    for (const answer of this.open.values()) answer.destroy();
  }
}
