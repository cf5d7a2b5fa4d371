import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { onTestPostgresql, testPostgresqlUrl } from '@flowkeep/testing';
import { Client } from './client.ts';
import { eventually } from './eventually.ts';
import { type Installation, password, secretKey, startInstallation } from './installation.ts';
import { describeModes } from './modes.ts';
import { Program } from './program.ts';

await describeModes('the audit log', (mode) => {
  let installation: Installation;
  let client: Client;

  beforeAll(async () => {
    installation = await startInstallation(mode);
    client = new Client(installation.url);
  });

  afterAll(() => installation.stop());

  async function verify(changes: Record<string, string> = {}) {
    const place: Record<string, string> =
      mode === 'standalone'
        ? { FLOWKEEP_DATA_DIR: installation.dataDir }
        : {
            FLOWKEEP_NATS_URL: installation.nats?.url as string,
            FLOWKEEP_DATABASE_URL: testPostgresqlUrl(),
            FLOWKEEP_DATABASE_SCHEMA_PREFIX: installation.schemaPrefix as string,
            FLOWKEEP_SUPERUSER: 'ada',
            FLOWKEEP_SUPERUSER_PASSWORD: password,
          };
    const args = ['audit', 'verify', ...(mode === 'standalone' ? [] : ['--distributed'])];
    const program = Program.start('cli', { ...place, FLOWKEEP_SECRET_KEY: secretKey, ...changes }, args);
    return { code: await program.exit(), text: program.text };
  }

  async function change(sql: (table: string) => string): Promise<void> {
    if (mode === 'distributed')
      await onTestPostgresql(sql(`${installation.schemaPrefix as string}identity.audit_event`));
    else {
      const file = new DatabaseSync(join(installation.dataDir, 'identity.db'), { timeout: 2_000 });
      file.exec(sql('audit_event'));
      file.close();
    }
  }

  it('is read newest first, and as a file', async () => {
    const headers = await client.token();
    await client.createKey('read');
    const path = '/api/flowkeep/v1/audit';
    const { body } = await eventually(
      () => client.request<{ events: { sequence: number; details: object }[] }>(`${path}?action=key.`, { headers }),
      (answer) => answer.body.events.length > 0,
    );
    expect(body.events).toMatchObject([{ action: 'key.created', service: 'keys' }]);
    const file = await fetch(`${installation.url}${path}/export`, { headers });
    expect(file.headers.get('content-disposition')).toBe('attachment; filename="audit.ndjson"');
    const lines = (await file.text()).trimEnd().split('\n');
    const sequences = lines.map((line) => (JSON.parse(line) as { sequence: number }).sequence);
    expect(sequences).toEqual(Array.from({ length: lines.length }, (_, index) => lines.length - index));
    expect((await client.request(path)).status).toBe(403);
  });

  it('is whole while the server runs, and names what was changed in it', async () => {
    await client.createKey('one');
    await client.createKey('two');
    const whole = await eventually(verify, ({ text }) => Number(/ (\d+) events/.exec(text)?.[1]) >= 4, 10);
    expect(whole).toMatchObject({ code: 0, text: expect.stringMatching(/^The audit log is whole: \d+ events/) });
    expect(whole.text).not.toContain(secretKey);
    expect(await verify({ FLOWKEEP_SECRET_KEY: `${secretKey}-another` })).toMatchObject({
      code: 2,
      text: expect.stringMatching(/^FLOWKEEP_SECRET_KEY does not open the data/),
    });
    await change((table) => `update ${table} set action = 'nothing.happened' where sequence = 2`);
    expect(await verify()).toMatchObject({ code: 1, text: 'The audit log is not whole at event 2: it was changed.\n' });
    await change((table) => `delete from ${table} where sequence = 1`);
    expect(await verify()).toMatchObject({ code: 1, text: expect.stringMatching(/at event 1: it is missing/) });
  });
});
