import { TransientMap } from '@flowkeep/collections';

/**
 * Shares look-ups of the same thing between all who ask before one begins: at the end of the turn of the event loop, and
 * not while the one before is under way. So no answer is older than its question, and a crowd costs one look-up.
 */
export class Coalesced<Value> {
  /** Not begun yet: whoever asks now may share them. */
  private readonly due = new TransientMap<string, Promise<Value>>();
  private readonly begun = new TransientMap<string, Promise<Value>>();

  get(key: string, look: () => Promise<Value>): Promise<Value> {
    let due = this.due.get(key);
    if (due === undefined) {
      due = this.lookLater(key, look);
      this.due.add(key, due);
    }
    return due;
  }

  private async lookLater(key: string, look: () => Promise<Value>): Promise<Value> {
    const before = this.begun.get(key);
    if (before === undefined) await new Promise((resolve) => setImmediate(resolve));
    else await before.catch(() => undefined);
    this.due.delete(key);
    const begun = look();
    this.begun.add(key, begun);
    try {
      return await begun;
    } finally {
      this.begun.delete(key);
    }
  }
}
