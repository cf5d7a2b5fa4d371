import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Client } from './client.ts';
import './modes.ts';
import { Program } from './program.ts';

describe('the .env of another product', () => {
  let directory: string;
  let program: Program | undefined;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'flowkeep-e2e-'));
  });

  afterEach(async () => {
    await program?.kill();
    rmSync(directory, { recursive: true, force: true });
  });

  async function start(lines: readonly string[]): Promise<Client> {
    const file = join(directory, '.env');
    writeFileSync(file, lines.join('\n'));
    const environment = { FLOWKEEP_DATA_DIR: join(directory, 'data') };
    program = Program.start('standalone', environment, ['--env-file', file]);
    const [, url] = await program.line(/running at (\S+)/);
    return new Client(url as string);
  }

  it.each(['LANGFLOW', 'SKILLFLAW'])('works: %s', async (prefix) => {
    const client = await start([
      '# A comment, and the quotes people use',
      `${prefix}_AUTO_LOGIN=True`,
      `${prefix}_SUPERUSER=grace`,
      `export ${prefix}_SUPERUSER_PASSWORD="a password with # and spaces"`,
      `${prefix}_SECRET_KEY='canary-of-the-secret-key-0123456789'`,
      `${prefix}_PORT=0`,
      `${prefix}_LOG_LEVEL=CRITICAL`,
      `FLOWKEEP_LOG_LEVEL=info`,
      `${prefix}_DATABASE_URL=sqlite:///./${prefix.toLowerCase()}.db`,
      `${prefix}_STORE=true`,
    ]);
    expect(await client.login('grace', 'a password with # and spaces')).toMatchObject({ status: 200 });
    // Asking for the automatic login gives nobody one.
    expect(await client.request('/api/v1/auto_login')).toMatchObject({ body: { detail: { auto_login: false } } });
    expect((await client.request('/api/v1/flows/')).status).toBe(403);
    expect(await program?.stop()).toBe(0);
    const written = (program as Program).text;
    const names = ['PORT', 'SUPERUSER', 'SUPERUSER_PASSWORD', 'SECRET_KEY'].map((name) => `${prefix}_${name}`);
    expect(written).toContain(`settings taken from other names: ${names.join(', ')}`);
    expect(written).toContain(`${prefix}_AUTO_LOGIN is ignored: there is no automatic login`);
    for (const name of ['DATABASE_URL', 'STORE']) {
      expect(written).toContain(`${prefix}_${name} is not a setting of Flowkeep and is ignored.`);
    }
    expect(written).not.toContain('canary-of-the-secret-key');
    expect(written).not.toContain('a password with # and spaces');
    expect(readdirSync(join(directory, 'data'))).not.toContain('secret_key');
    expect(readdirSync(join(directory, 'data'))).not.toContain('initial-password');
  });

  it('does not open the door: a well-known password is replaced, and any origin gets no credentials', async () => {
    const client = await start([
      'LANGFLOW_SUPERUSER=langflow',
      'LANGFLOW_SUPERUSER_PASSWORD=langflow',
      'LANGFLOW_CORS_ORIGINS=*',
      'LANGFLOW_CORS_ALLOW_CREDENTIALS=True',
      'LANGFLOW_PORT=0',
    ]);
    expect((await client.login('langflow', 'langflow')).status).toBe(401);
    const { headers } = await client.request('/health', { headers: { origin: 'https://elsewhere.example' } });
    expect(headers.get('access-control-allow-credentials')).toBeNull();
    expect(await program?.stop()).toBe(0);
    const written = (program as Program).text;
    expect(written).toContain('LANGFLOW_SUPERUSER_PASSWORD is a well-known password and is ignored');
    expect(written).toContain('LANGFLOW_CORS_ALLOW_CREDENTIALS is ignored');
  });

  it('has its say after the environment, and before the command line', async () => {
    const file = join(directory, '.env');
    writeFileSync(file, 'FLOWKEEP_LOG_LEVEL=error\nFLOWKEEP_PORT=1\nFLOWKEEP_SUPERUSER=grace\n');
    const environment = { FLOWKEEP_DATA_DIR: join(directory, 'data'), FLOWKEEP_LOG_LEVEL: 'debug' };
    program = Program.start('standalone', environment, ['--env-file', file, '--port', '0']);
    await program.line(/First user grace/);
    expect(await program.stop()).toBe(0);
    expect(program.text).not.toContain('"level":"info"');
  });
});
