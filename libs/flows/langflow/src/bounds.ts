import type { FieldIssue } from '@flowkeep/contracts';

/** What an export may hold at most; a run has narrower limits of its own. */
export const documentLimits = {
  depth: 100,
  /** Objects, arrays and plain values together. */
  values: 1_000_000,
  stringLength: 8 * 1024 * 1024,
  keyLength: 1024,
  nodes: 5_000,
  edges: 20_000,
} as const;

interface Visit {
  readonly value: unknown;
  readonly depth: number;
  readonly key: string | number;
  readonly parent: Visit | null;
}

/**
 * Looks for what would make a document dangerous to read: nesting, number of values, long strings, and things that are
 * not JSON. Walks with a stack of its own, because the nesting is what is in doubt.
 *
 * @returns the first place that is too much, or undefined
 */
export function findExcess(document: unknown): FieldIssue | undefined {
  const pending: Visit[] = [{ value: document, depth: 0, key: '', parent: null }];
  let count = 0;
  for (let visit = pending.pop(); visit !== undefined; visit = pending.pop()) {
    if (++count > documentLimits.values) return issueAt(visit, 'too_big', 'The document has too many values.');
    const { value, depth } = visit;
    if (typeof value === 'string' && value.length > documentLimits.stringLength) {
      return issueAt(visit, 'too_big', 'This text is too long.');
    }
    if (typeof value === 'number' && !Number.isFinite(value))
      return issueAt(visit, 'invalid_type', 'Not a JSON number.');
    if (typeof value !== 'object') {
      if (['string', 'number', 'boolean'].includes(typeof value)) continue;
      return issueAt(visit, 'invalid_type', 'Not a JSON value.');
    }
    if (value === null) continue;
    if (depth >= documentLimits.depth) return issueAt(visit, 'too_deep', 'The document is nested too deeply.');
    if (Array.isArray(value)) {
      for (const [key, item] of value.entries()) pending.push({ value: item, depth: depth + 1, key, parent: visit });
      continue;
    }
    for (const [key, item] of Object.entries(value)) {
      const child = { value: item as unknown, depth: depth + 1, key, parent: visit };
      if (key.length > documentLimits.keyLength) return issueAt(child, 'too_big', 'This name is too long.');
      pending.push(child);
    }
  }
  return undefined;
}

function issueAt(visit: Visit, code: string, message: string): FieldIssue {
  const path: (string | number)[] = [];
  for (let step = visit; step.parent !== null; step = step.parent) {
    path.unshift(typeof step.key === 'string' ? step.key.slice(0, 100) : step.key);
  }
  return { path: path.slice(0, 20), code, message };
}
