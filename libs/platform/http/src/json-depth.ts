import { DomainError } from '@flowkeep/contracts';

/** More than any honest document has, and little enough for code that recurses over it. */
export const maxJsonDepth = 100;

/**
 * Makes sure that a parsed JSON value nests at most 100 arrays and objects in each other. To be asked wherever JSON
 * comes in, before anything walks it.
 *
 * @throws DomainError `invalid_request`
 */
export function requireShallow(value: unknown): void {
  if (fits(value, maxJsonDepth)) return;
  const message = `The JSON nests more than ${maxJsonDepth} levels deep.`;
  throw new DomainError('invalid_request', { issues: [{ path: ['body'], code: 'too_deep', message }] });
}

function fits(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (levels === 0) return false;
  if (Array.isArray(value)) return value.every((item) => fits(item, levels - 1));
  for (const key in value) {
    if (!fits((value as Record<string, unknown>)[key], levels - 1)) return false;
  }
  return true;
}
