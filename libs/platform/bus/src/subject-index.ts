interface Node<T> {
  readonly next: Map<string, Node<T>>;
  readonly here: Set<T>;
}

/** What a subject without its last part leads to. */
interface Stem<T> {
  /** The nodes that the last part is looked up in. */
  readonly parents: Node<T>[];
  /** What is found whatever the last part is. */
  readonly found: T[];
}

/** Subjects differ mostly in their last part, the id of a request; this many others are remembered. */
const maxStems = 1_000;

/** Finds what is registered under patterns that match a subject: `*` stands for one part, `>` for one or more. */
export class SubjectIndex<T> {
  private readonly root: Node<T> = emptyNode();
  private readonly stems = new Map<string, Stem<T>>();

  add(pattern: string, item: T): void {
    let node = this.root;
    for (const part of pattern.split('.')) {
      let next = node.next.get(part);
      if (next === undefined) node.next.set(part, (next = emptyNode()));
      node = next;
    }
    node.here.add(item);
    this.stems.clear();
  }

  remove(pattern: string, item: T): void {
    let node: Node<T> | undefined = this.root;
    for (const part of pattern.split('.')) node = node?.next.get(part);
    node?.here.delete(item);
    this.stems.clear();
  }

  find(subject: string): readonly T[] {
    const dot = subject.lastIndexOf('.');
    const { parents, found } = this.stemOf(subject.slice(0, Math.max(dot, 0)));
    const last = subject.slice(dot + 1);
    let all = found;
    for (const { next } of parents) {
      const node = next.get(last);
      if (node !== undefined && node.here.size > 0) all = [...all, ...node.here];
    }
    return all;
  }

  private stemOf(text: string): Stem<T> {
    const known = this.stems.get(text);
    if (known !== undefined) return known;
    const stem: Stem<T> = { parents: [], found: [] };
    collect(this.root, text === '' ? [] : text.split('.'), 0, stem);
    if (this.stems.size >= maxStems) this.stems.clear();
    this.stems.set(text, stem);
    return stem;
  }
}

function emptyNode<T>(): Node<T> {
  return { next: new Map(), here: new Set() };
}

function collect<T>(node: Node<T>, parts: readonly string[], index: number, stem: Stem<T>): void {
  stem.found.push(...(node.next.get('>')?.here ?? []));
  if (index === parts.length) {
    stem.found.push(...(node.next.get('*')?.here ?? []));
    stem.parents.push(node);
    return;
  }
  const exact = node.next.get(parts[index] as string);
  if (exact !== undefined) collect(exact, parts, index + 1, stem);
  const any = node.next.get('*');
  if (any !== undefined) collect(any, parts, index + 1, stem);
}
