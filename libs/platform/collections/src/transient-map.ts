interface Held<Value> {
  value: Value | undefined;
}

/**
 * A map for what comes and goes with every request.
 *
 * In V8 a `Map` or `Set` that is added to and deleted from moves to a new table every so often. The old table keeps its
 * entries and points to the new one, and once one of them has grown old, young collections can free nothing that any of its
 * successors ever held: whole requests, with everything they refer to, then live until the next full collection. Here a
 * deleted entry is emptied, so that a table left behind holds next to nothing.
 */
export class TransientMap<Key, Value> {
  private readonly held = new Map<Key, Held<Value>>();

  get size(): number {
    return this.held.size;
  }

  get(key: Key): Value | undefined {
    return this.held.get(key)?.value;
  }

  /** Adds an entry, or replaces the one of that key. */
  add(key: Key, value: Value): void {
    this.held.set(key, { value });
  }

  delete(key: Key): void {
    const held = this.held.get(key);
    if (held === undefined) return;
    held.value = undefined;
    this.held.delete(key);
  }

  *values(): Generator<Value> {
    for (const { value } of this.held.values()) if (value !== undefined) yield value;
  }
}
