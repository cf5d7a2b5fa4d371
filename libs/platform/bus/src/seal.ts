import { DomainError } from '@flowkeep/contracts';

/** More than any honest document has; what nests deeper (or contains itself) is refused instead of ending the stack. */
const maxDepth = 512;

/** Thrown inside to say "look for it": finding out where costs more than most values are worth. */
const notJson = new Error('not JSON');

/** Set by the walk under way, which is synchronous. */
let absentSeen = false;

/**
 * Makes sure that a value is JSON and nothing else, freezes it all the way down, and estimates how long its text is.
 * Both transports do it to everything they send, so that what works in one process works over a wire.
 *
 * @returns the estimated length in bytes (the text is at most six times as long), and whether some field is `undefined`,
 * which JSON text leaves out
 * @throws TypeError naming the path of what is no JSON
 * @throws DomainError `invalid_request` for what nests too deeply
 */
export function seal(value: unknown): { bytes: number; absent: boolean } {
  absentSeen = false;
  try {
    return { bytes: sealValue(value, 0), absent: absentSeen };
  } catch (error) {
    if (error === notJson) throw new TypeError(whereNotJson(value, '$') ?? '$ is not JSON', { cause: error });
    throw error;
  }
}

function sealValue(value: unknown, depth: number): number {
  switch (typeof value) {
    case 'string':
      return value.length + 2;
    case 'boolean':
      return 5;
    case 'number':
      if (!Number.isFinite(value)) throw notJson;
      return 8;
    case 'object':
      return value === null ? 4 : sealObject(value, depth + 1);
    default:
      throw notJson;
  }
}

function sealObject(value: object, depth: number): number {
  if (depth > maxDepth) throw tooDeep();
  let bytes = 2;
  if (Array.isArray(value)) {
    for (const item of value) bytes += 1 + sealValue(item, depth);
  } else {
    if (!isPlain(value)) throw notJson;
    const record = value as Record<string, unknown>;
    for (const key in record) {
      const field = record[key];
      if (field === undefined) absentSeen = true;
      else bytes += key.length + 4 + sealValue(field, depth);
    }
  }
  Object.freeze(value);
  return bytes;
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function tooDeep(): DomainError {
  const message = `nests more than ${maxDepth} levels deep`;
  return new DomainError('invalid_request', { issues: [{ path: [], code: 'too_deep', message }] });
}

/** What keeps `value` from being JSON, and where; null when nothing does. */
function whereNotJson(value: unknown, path: string): string | null {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return null;
  if (typeof value === 'number') return Number.isFinite(value) ? null : `${path} is not a finite number`;
  if (typeof value !== 'object') return `${path} is of type ${typeof value}, which JSON does not have`;
  if (Array.isArray(value)) return firstOf(value.map((item, index) => whereNotJson(item, `${path}[${index}]`)));
  if (!isPlain(value)) return `${path} is not a plain object`;
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  return firstOf(fields.map(([key, field]) => whereNotJson(field, `${path}.${key}`)));
}

function firstOf(problems: readonly (string | null)[]): string | null {
  return problems.find((problem) => problem !== null) ?? null;
}
