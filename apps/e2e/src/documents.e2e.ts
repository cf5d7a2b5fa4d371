import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ready } from './installation.ts';
import { Program } from './program.ts';

const run = promisify(execFile);

/** The commands of a page, as a reader would type them one after the other. */
function commandsOf(page: string, from: RegExp): string {
  const text = readFileSync(join(Program.root, page), 'utf8');
  const section = text.slice(text.search(from));
  const next = section.slice(1).search(/\n## /);
  const part = page === 'README.md' && next >= 0 ? section.slice(0, next + 1) : section;
  return [...part.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block]) => block).join('\n');
}

describe('what the documents tell a newcomer to type', () => {
  let dataDir: string;
  let server: Program;
  let url: string;

  beforeAll(async () => {
    dataDir = mkdtempSync(join(tmpdir(), 'flowkeep-e2e-'));
    server = Program.tool('start', { FLOWKEEP_DATA_DIR: dataDir }, ['standalone', '--port', '0']);
    const [, said] = await server.line(/running at (\S+)/);
    url = await ready(said as string);
  });

  afterAll(async () => {
    await server.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  const type = async (script: string): Promise<string> => {
    const environment = { URL: url, PASSWORD_FILE: join(dataDir, 'initial-password') };
    const set = Object.entries(environment).map(([name, value]) => `export ${name}='${value}'`);
    const { stdout } = await run('sh', ['-ec', `${set.join('\n')}\n${script}`], { cwd: Program.root });
    return stdout;
  };

  it('works in the first five minutes of the README', async () => {
    const script = commandsOf('README.md', /^## The first five minutes/m)
      .replaceAll(/^URL=.*$/gm, '')
      .replaceAll('data/initial-password', '$PASSWORD_FILE');
    const shown = await type(script);
    expect(shown).toContain('Hello! You asked: Ada');
    expect(shown).toContain('"event":"end"');
    expect(shown).toContain('"total_uses":');
    expect(shown.trimEnd()).toMatch(/\{"detail":"Invalid or missing API key"\}$/);
  });

  it('works in the page about credentials', async () => {
    const shown = await type(commandsOf('docs/authentication.md', /^# /m));
    expect(shown).toMatch(/^[\w-]{43}$/m);
    expect(shown).toContain('"username":"flowkeep"');
    expect(shown).toContain('"text":"Hello"');
    expect(shown).toContain("doesn't have enough privileges");
    expect(shown).toContain('{"detail":"Invalid or missing API key"}');
    expect(shown).toContain('"name":"OPENAI_API_KEY","type":"Credential","value":null');
    expect(shown).not.toContain('sk-of-your-own');
  });
});
