import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createKey, deleteKey, DomainError, listKeys } from '@flowkeep/contracts';
import { generateKey } from '@flowkeep/crypto';
import { gatewayStand, sampleKey } from '../../gateway.spec-stand.ts';

const now = Date.UTC(2026, 0, 1);

describe("Langflow's API keys", () => {
  let stand: Awaited<ReturnType<typeof gatewayStand>>;

  beforeEach(async () => {
    stand = await gatewayStand();
  });

  afterEach(() => stand.stop());

  async function ask(method: string, path: string, body?: unknown) {
    const headers = { 'x-api-key': stand.key, 'content-type': 'application/json' };
    const response = await stand.fetch(`/api/v1/api_key/${path}`, {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: await response.json() };
  }

  it('are listed with how they begin, active until they end or are disabled', async () => {
    const key = sampleKey({ lastUsedAt: now, totalUses: 3 });
    const others = [{ enabled: false }, { expiresAt: now }, { expiresAt: now + 1 }].map((change) => sampleKey(change));
    stand.bus.answer(listKeys, () => ({ total: 7, keys: [key, ...others], next: null }));
    const { body } = (await ask('GET', '')) as { body: { api_keys: { is_active: boolean }[] } };
    expect(body).toMatchObject({ total_count: 7, user_id: stand.facts.principal.userId });
    expect(body.api_keys[0]).toEqual({
      id: key.id,
      name: 'CI',
      api_key: `fk_AbCdE${'*'.repeat(45)}`,
      user_id: key.ownerId,
      created_at: '2026-01-01T00:00:00+00:00',
      last_used_at: '2026-01-01T00:00:00+00:00',
      total_uses: 3,
      is_active: true,
      expires_at: null,
    });
    expect(body.api_keys.map((row) => row.is_active)).toEqual([true, false, false, true]);
  });

  it('are made with a name, and may do what their holder may', async () => {
    const secret = generateKey();
    const key = sampleKey({ expiresAt: now + 1_000 });
    const asked: unknown[] = [];
    stand.bus.answer(createKey, (request) => {
      asked.push(request);
      return { key, secret };
    });
    const foreign = { total_uses: 9, is_active: false, last_used_at: 'never', created_at: null };
    const body = { name: 'CI', expires_at: '2026-01-01T00:00:01', ...foreign };
    expect(await ask('POST', '', body)).toEqual({
      status: 200,
      body: {
        id: key.id,
        name: 'CI',
        api_key: secret,
        user_id: key.ownerId,
        last_used_at: null,
        total_uses: 0,
        is_active: true,
        expires_at: '2026-01-01T00:00:01+00:00',
      },
    });
    await ask('POST', '', {});
    expect(asked).toMatchObject([
      { name: 'CI', permissions: ['*'], expiresAt: now + 1_000 },
      { name: null, permissions: ['*'], expiresAt: null },
    ]);
  });

  it('that are not there can not be deleted', async () => {
    stand.bus.answer(deleteKey, () => {
      throw new DomainError('key_not_found');
    });
    const answer = { status: 400, body: { detail: 'API Key not found' } };
    expect(await ask('DELETE', randomUUID())).toEqual(answer);
  });

  it('of the store are not kept', async () => {
    stand.bus.calls.length = 0;
    expect(await ask('POST', 'store', { api_key: 'a secret of elsewhere' })).toEqual({
      status: 200,
      body: { detail: 'API Key saved' },
    });
    expect(stand.bus.calls.filter((name) => !/verify|principal/.test(name))).toEqual([]);
    expect(JSON.stringify(stand.log)).not.toContain('of elsewhere');
  });
});
