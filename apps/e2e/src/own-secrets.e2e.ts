import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { findSecrets } from './canaries.ts';
import { RecordingClient } from './canary-jobs.ts';
import { type Installation, startInstallation } from './installation.ts';
import { describeModes } from './modes.ts';
import { openText } from './secret-flow.ts';
import { readFiles, readRows } from './stored.ts';

const key = 'canary-key-of-the-settings-0123456789';
/** Files whose only content is a secret, readable by their owner alone. A server that was given none makes them. */
const secretFiles = ['secret_key', 'initial-password'];

await describeModes('the secrets of a server itself', (mode) => {
  const secrets: Record<string, string> = { 'the key of the settings': key };
  const answers: string[] = [];
  let installation: Installation;

  beforeAll(async () => {
    const generated = { FLOWKEEP_SECRET_KEY: '', FLOWKEEP_SUPERUSER_PASSWORD: '' };
    installation = await startInstallation(mode, {
      FLOWKEEP_API_KEY_SOURCE: 'env',
      FLOWKEEP_API_KEY: key,
      ...(mode === 'standalone' && generated),
    });
    const client = new RecordingClient(installation.url, answers);
    const headers = { 'x-api-key': key };
    const flow = await client.uploadExample('echo.json', headers);
    const id = flow.body[0]?.id as string;
    expect((await client.run(id, { input_value: openText }, headers)).status).toBe(200);
    expect((await client.run(id, { input_value: openText }, headers, '?stream=true')).status).toBe(200);
    expect((await client.post('/api/v1/api_key/', { name: 'k' }, headers)).status).toBe(409);
    expect((await client.run(id, {}, { 'x-api-key': `${key}~` })).status).toBe(403);
    for (const path of ['/api/v1/flows/', '/api/v1/nowhere', '/api/v1/flows/%zz', '/api/flowkeep/v1/audit']) {
      await client.request(`${path}?x-api-key=${key}`);
      await client.request(path, { headers: { authorization: `Bearer ${key}` } });
    }
    await client.post('/api/flowkeep/v1/keys/verify', { key }, headers);
    await client.post('/api/flowkeep/v1/keys/report', { key: `${key}~` }, headers);
    if (mode === 'distributed') return;
    for (const name of secretFiles) {
      secrets[name] = readFileSync(join(installation.dataDir, name), 'utf8').trim();
    }
    expect((await client.login('ada', secrets['initial-password'])).status).toBe(200);
    expect((await client.login('ada', `${secrets['initial-password'] as string}~`)).status).toBe(401);
  });

  afterAll(() => installation.stop());

  it('are in no answer and no log', () => {
    expect(answers.join('\n')).toContain(openText);
    expect(findSecrets(answers.join('\n'), secrets)).toEqual([]);
    expect(installation.logs()).toContain('"level":"debug"');
    expect(findSecrets(installation.logs(), secrets)).toEqual([]);
  });

  it('are in no row, and in no file but their own', async () => {
    const rows = (await readRows(installation)).join('\n');
    expect(rows).toContain(openText);
    expect(findSecrets(rows, secrets)).toEqual([]);
    expect(findSecrets(readFiles(installation.dataDir, secretFiles), secrets)).toEqual([]);
  });

  if (mode === 'distributed') {
    it('cross no bus', async () => {
      const traffic = ((await installation.traffic?.()) ?? []).join('\n');
      expect(traffic).toContain(openText);
      expect(findSecrets(traffic, secrets)).toEqual([]);
    });
  }
});
