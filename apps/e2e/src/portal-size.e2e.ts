import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, it } from '@jest/globals';
import { Program } from './program.ts';

/** What a first visit may weigh on its way, compressed. */
const limitBytes = 200_000;

const directory = join(Program.root, 'dist/apps/admin/browser');
const read = (name: string) => readFileSync(join(directory, name), 'utf8');

/** The page, what it names, and what that loads before anything is shown. */
function initialFiles(): string[] {
  const named = [...read('index.html').matchAll(/(?:src|href)="([\w.-]+\.(?:js|css))"/g)].map(
    ([, name]) => name as string,
  );
  const files = new Set(['index.html', ...named]);
  for (const file of files) {
    for (const [, name] of read(file).matchAll(/(?:from|import)\s*"\.\/([\w.-]+\.js)"/g)) files.add(name as string);
  }
  return [...files];
}

it('a first visit to the portal loads little', () => {
  const files = initialFiles();
  const bytes = files.reduce((sum, file) => sum + gzipSync(read(file)).length, 0);
  expect(files.filter((file) => file.endsWith('.js'))).not.toEqual([]);
  expect(files.filter((file) => file.endsWith('.css'))).toHaveLength(1);
  expect(bytes).toBeLessThan(limitBytes);
});

it('the portal names nobody else’s files, and no place in the page to load them from', () => {
  const page = read('index.html');
  expect(page).not.toMatch(/(?:src|href)="(?:https?:)?\/\//);
  expect(page).not.toContain('<style');
  expect(page).not.toMatch(/\son\w+=/);
});
