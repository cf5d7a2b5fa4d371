import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Program } from './program.ts';

export interface DocumentedRoute {
  readonly method: string;
  readonly path: string;
  /** Who may use it, in the order of the table's columns. */
  readonly cells: readonly string[];
}

/** Every route, from the table that docs/security.md promises. A test of the gateway keeps it equal to what is served. */
export const documentedRoutes: readonly DocumentedRoute[] = readFileSync(join(Program.root, 'docs/security.md'), 'utf8')
  .split('\n')
  .flatMap((line) => {
    const [route, , ...cells] = line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim());
    const [, method, path] = /^`([A-Z]+) (\/\S*)`$/.exec(route ?? '') ?? [];
    return method === undefined || path === undefined ? [] : [{ method, path, cells }];
  });
