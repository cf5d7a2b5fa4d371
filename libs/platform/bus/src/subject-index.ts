interface Node<T> {
  readonly next: Map<string, Node<T>>;
  readonly here: Set<T>;
}

/** Finds what is registered under patterns that match a subject: `*` stands for one part, `>` for one or more. */
export class SubjectIndex<T> {
  private readonly root: Node<T> = emptyNode();

  add(pattern: string, item: T): void {
    let node = this.root;
    for (const part of pattern.split('.')) {
      let next = node.next.get(part);
      if (next === undefined) node.next.set(part, (next = emptyNode()));
      node = next;
    }
    node.here.add(item);
  }

  remove(pattern: string, item: T): void {
    let node: Node<T> | undefined = this.root;
    for (const part of pattern.split('.')) node = node?.next.get(part);
    node?.here.delete(item);
  }

  find(subject: string): T[] {
    const found: T[] = [];
    collect(this.root, subject.split('.'), 0, found);
    return found;
  }
}

function emptyNode<T>(): Node<T> {
  return { next: new Map(), here: new Set() };
}

function collect<T>(node: Node<T>, parts: readonly string[], index: number, found: T[]): void {
  if (index === parts.length) {
    found.push(...node.here);
    return;
  }
  const rest = node.next.get('>');
  if (rest !== undefined) found.push(...rest.here);
  const exact = node.next.get(parts[index] as string);
  if (exact !== undefined) collect(exact, parts, index + 1, found);
  const any = node.next.get('*');
  if (any !== undefined) collect(any, parts, index + 1, found);
}
