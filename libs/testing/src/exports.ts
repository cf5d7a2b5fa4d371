import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { processEnvironment } from '@flowkeep/config';
import type { JsonValue } from './json.ts';

/** One export made by somebody else's installation. */
export interface ForeignExport {
  readonly name: string;
  readonly json: JsonValue;
}

/** The repository's root, where tests run. */
const root = process.cwd();

/**
 * The Langflow exports that lie beside the repository, in `../shared/flows/langflow` or below `FLOWKEEP_EXPORTS_DIR`.
 *
 * @returns an empty list where there are none
 */
export function foreignLangflowExports(): ForeignExport[] {
  const folder = join(processEnvironment()['FLOWKEEP_EXPORTS_DIR'] ?? join(root, '../shared/flows'), 'langflow');
  return existsSync(folder) ? readExports(folder) : [];
}

/** A flow of the `examples` folder. */
export function exampleFlow(name: 'echo' | 'prompt-greeting' | 'chat' | 'chat-memory'): JsonValue {
  return JSON.parse(readFileSync(join(root, 'examples', `${name}.json`), 'utf8')) as JsonValue;
}

function readExports(folder: string): ForeignExport[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .map((name) => ({ name, json: JSON.parse(readFileSync(join(folder, name), 'utf8')) as JsonValue }));
}
