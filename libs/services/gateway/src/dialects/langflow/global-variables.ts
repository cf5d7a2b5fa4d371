import type { IncomingHttpHeaders } from 'node:http';
import { DomainError } from '@flowkeep/contracts';

const prefix = 'x-langflow-global-var-';
const limits = { count: 100, nameLength: 255, valueLength: 65_536 } as const;

/**
 * The variables that come with a request, `X-LANGFLOW-GLOBAL-VAR-<NAME>`, by name (contract: Langflow 2.4).
 *
 * @throws DomainError `invalid_request` naming the header, never its value
 */
export function globalVariablesOf(headers: IncomingHttpHeaders): Record<string, string> {
  const found: Record<string, string> = {};
  let count = 0;
  for (const [header, value] of Object.entries(headers)) {
    if (!header.startsWith(prefix) || typeof value !== 'string') continue;
    const name = header.slice(prefix.length);
    if (name === '' || name.length > limits.nameLength)
      throw refused(header, 'The name of the variable is empty or too long.');
    if (++count > limits.count) throw refused(header, `A request may bring ${limits.count} variables.`);
    const text = asUtf8(value);
    if (text.length > limits.valueLength) throw refused(header, 'The value is too long.');
    found[name] = text;
  }
  return found;
}

/** HTTP reads header bytes as Latin-1; clients mean UTF-8 wherever their bytes are. */
function asUtf8(value: string): string {
  const bytes = Buffer.from(value, 'latin1');
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return value;
  }
}

function refused(header: string, message: string): DomainError {
  const path = ['header', header.slice(0, limits.nameLength)];
  return new DomainError('invalid_request', { issues: [{ path, code: 'invalid_header', message }] });
}
