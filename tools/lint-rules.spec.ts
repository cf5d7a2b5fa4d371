import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

/** What must not be written, where, and the rule that has to object. */
const forbidden: [name: string, folder: string, code: string, rule: string][] = [
  [
    'a service that imports another',
    'libs/services/gateway/src',
    "export { startIdentity } from '@flowkeep/identity';",
    boundary(),
  ],
  ['contracts that import the platform', 'libs/contracts/src', "export { Clock } from '@flowkeep/config';", boundary()],
  ['flows that import the platform', 'libs/flows/graph/src', "export { Clock } from '@flowkeep/config';", boundary()],
  [
    'platform that imports a service',
    'libs/platform/http/src',
    "export { startGateway } from '@flowkeep/gateway';",
    boundary(),
  ],
  ['e2e that imports a service', 'apps/e2e/src', "export { startGateway } from '@flowkeep/gateway';", boundary()],
  ['contracts that import a framework', 'libs/contracts/src', "export { Module } from '@nestjs/common';", boundary()],
  ['any', 'libs/platform/http/src', 'export const value: any = 1;', '@typescript-eslint/no-explicit-any'],
  ['a default export', 'libs/platform/http/src', 'export default 1;', 'no-restricted-syntax'],
  ['process.env', 'libs/services/gateway/src', 'export const home = process.env;', 'no-restricted-syntax'],
  ['Date.now in a service', 'libs/services/gateway/src', 'export const now = Date.now();', 'no-restricted-syntax'],
  ['new Date() in a service', 'libs/services/gateway/src', 'export const now = new Date();', 'no-restricted-syntax'],
  ['setTimeout in a service', 'libs/services/gateway/src', 'setTimeout(() => {}, 1);', 'no-restricted-syntax'],
  ['fetch in a service', 'libs/services/gateway/src', "await fetch('http://x');", 'no-restricted-syntax'],
  [
    'synchronous crypto',
    'libs/services/gateway/src',
    "import { scryptSync } from 'node:crypto';\nexport const hash = scryptSync('a', 'b', 32);",
    'no-restricted-syntax',
  ],
  [
    'synchronous crypto of a namespace',
    'libs/services/gateway/src',
    "import * as crypto from 'node:crypto';\nexport const hash = crypto.pbkdf2Sync('a', 'b', 1, 32, 'sha256');",
    'no-restricted-syntax',
  ],
  [
    'an HTTP client',
    'libs/services/gateway/src',
    "import { request } from 'node:http';\nexport { request };",
    'no-restricted-imports',
  ],
  ['the console', 'libs/services/gateway/src', "console.log('x');", 'no-console'],
  ['fetch in the portal', 'libs/admin/keys/src', "await fetch('/x');", 'no-restricted-syntax'],
  [
    'more of the contracts than their HTTP types in the portal',
    'libs/admin/keys/src',
    "import { whoami } from '@flowkeep/contracts';\nexport { whoami };",
    'no-restricted-imports',
  ],
  [
    'a service in the portal',
    'libs/admin/keys/src',
    "import { startGateway } from '@flowkeep/gateway';\nexport { startGateway };",
    boundary(),
  ],
  [
    'a picture without words in a template',
    'libs/admin/keys/src',
    "import { Component } from '@angular/core';\n@Component({ selector: 'fk-x', template: '<img src=\"x.svg\" />' })\nexport class X {}",
    '@angular-eslint/template/alt-text',
  ],
];

function boundary(): string {
  return '@nx/enforce-module-boundaries';
}

interface Result {
  readonly filePath: string;
  readonly messages: readonly { readonly ruleId: string | null }[];
}

describe('lint objects to', () => {
  const root = resolve(import.meta.dirname, '..');
  const name = (index: number) => `lint-rules-${id}-${index}.ts`;
  const id = randomBytes(4).toString('hex');
  const files = forbidden.map(([, folder], index) => resolve(root, folder, name(index)));
  let results: readonly Result[] = [];

  beforeAll(async () => {
    await Promise.all(forbidden.map(([, , code], index) => writeFile(files[index] as string, `${code}\n`)));
    results = await lint(root, files);
  }, 180_000);

  afterAll(() => Promise.all(files.map((file) => rm(file, { force: true }))));

  it.each(forbidden.map(([what, , , rule], index) => ({ what, rule, index })))('$what', ({ rule, index }) => {
    const messages = results.find(({ filePath }) => filePath === files[index])?.messages ?? [];
    expect(messages.map(({ ruleId }) => ruleId)).toContain(rule);
  });
});

async function lint(root: string, files: readonly string[]): Promise<Result[]> {
  // Without its graph of the projects the rule about boundaries objects to nothing.
  await run(root, [resolve(root, 'node_modules/nx/dist/bin/nx.js'), 'show', 'projects']);
  const main = resolve(root, 'node_modules/eslint/bin/eslint.js');
  const output = await run(root, [main, '--format', 'json', ...files]);
  const results = output.split('\n').find((line) => line.startsWith('[{'));
  if (results === undefined) throw new Error(`ESLint could not run: ${output}`);
  return JSON.parse(results) as Result[];
}

/** Everything the program says; lint that objects exits with 1, which is what these tests want. */
function run(root: string, command: readonly string[]): Promise<string> {
  const env = { ...process.env, NX_DAEMON: 'false', NODE_OPTIONS: '' };
  return new Promise((done) => {
    const options = { cwd: root, env, maxBuffer: 2 ** 26 };
    execFile(process.execPath, [...command], options, (_error, stdout, stderr) => done(`${stdout}\n${stderr}`));
  });
}
