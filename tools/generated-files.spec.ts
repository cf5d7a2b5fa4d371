import { readFile } from 'node:fs/promises';
import { expect, it } from '@jest/globals';
import { settingsTable } from '@flowkeep/config';
import { generatedFiles } from './generated-files.ts';

const files = generatedFiles();

it.each(Object.keys(files))('%s is what `npm run generate` writes', async (path) => {
  expect(await readFile(path, 'utf8')).toBe(files[path]);
});

it.each(['.env.example', 'docs/settings.md'])('%s has every setting', (path) => {
  for (const { name } of Object.values(settingsTable)) expect(files[path]).toMatch(new RegExp(`FLOWKEEP_${name}\\b`));
});

it('shows no value of a secret setting', () => {
  for (const declaration of Object.values(settingsTable)) {
    if (!('secret' in declaration)) continue;
    expect(files['.env.example']).toContain(`#FLOWKEEP_${declaration.name}=\n`);
  }
});
