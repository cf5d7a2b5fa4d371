import './aliases.ts';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

/**
 * Writes every generated file, or with `--check` only tells which are not what it would write.
 *
 * Usage: node tools/generate.ts [--check]
 */
const { generatedFiles } = await import('./generated-files.ts');
const root = resolve(import.meta.dirname, '..');
const check = process.argv.includes('--check');
let different = 0;

for (const [path, text] of Object.entries(generatedFiles())) {
  const file = resolve(root, path);
  const current = await readFile(file, 'utf8').catch(() => null);
  if (current === text) continue;
  different++;
  console.log(check ? `${path} is out of date: run npm run generate` : `wrote ${path}`);
  if (check) continue;
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
}
if (check && different > 0) process.exitCode = 1;
