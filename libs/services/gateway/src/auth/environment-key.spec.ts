import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { DomainError, environmentKeyId, keyHolder, leaseKey, reportUsage, whoami } from '@flowkeep/contracts';
import { gatewayStand } from '../gateway.spec-stand.ts';

const path = '/api/v1/users/whoami';
const key = 'sk-a-key-of-any-form-at-all';

describe("the operator's own key", () => {
  let stand: Awaited<ReturnType<typeof gatewayStand>>;

  beforeEach(async () => {
    stand = await gatewayStand({ FLOWKEEP_API_KEY_SOURCE: 'env', FLOWKEEP_API_KEY: key });
    const { userId, defaultWorkspaceId: workspaceId } = stand.facts.principal;
    stand.bus.answer(keyHolder, ({ username }) => {
      if (username !== null) throw new DomainError('user_not_found');
      return { userId, workspaceId };
    });
  });
  afterEach(() => stand.stop());

  const ask = async (value: string) => (await stand.get(path, { 'x-api-key': value })).status;

  it('acts as the first superuser, is not counted and not limited', async () => {
    const answer = stand.facts.principal;
    const callers: unknown[] = [];
    stand.bus.answer(whoami, (_request, { caller }) => {
      callers.push(caller);
      throw new DomainError('unavailable');
    });
    await ask(key);
    expect(callers).toMatchObject([{ userId: answer.userId, keyId: environmentKeyId }]);
    await stand.clock.advance(1_000);
    expect(stand.bus.calls).not.toContain(reportUsage.name);
    expect(stand.bus.calls).not.toContain(leaseKey.name);
  });

  it('is the only one', async () => {
    expect(await ask(key)).toBe(200);
    for (const other of [stand.key, `${key} `.trimEnd().slice(0, -1), `${key}x`, 'x'])
      expect(await ask(other)).toBe(403);
    expect(stand.bus.calls).not.toContain('keys.verify');
    expect((await stand.get(path, { authorization: `Bearer ${stand.token()}` })).status).toBe(200);
  });

  it('can not be guessed without an end', async () => {
    const statuses: number[] = [];
    for (let time = 0; time < 30; time++) statuses.push(await ask(`guess number ${time}`));
    expect([statuses[0], statuses.at(-1), await ask(key)]).toEqual([403, 429, 200]);
  });

  it('asks for its holder once in 5 s, and is worth nothing without one', async () => {
    for (let time = 0; time < 3; time++) await ask(key);
    expect(stand.bus.calls.filter((name) => name === keyHolder.name)).toHaveLength(1);
    await stand.clock.advance(5_000);
    stand.bus.answer(keyHolder, () => {
      throw new DomainError('user_not_found');
    });
    expect(await ask(key)).toBe(403);
    stand.bus.silence(keyHolder);
    expect(await ask(key)).toBe(503);
  });

  it('counts in the address of the verification too', async () => {
    expect((await stand.get(`/api/v1/verify/apikey/${key}`)).status).toBe(200);
    expect((await stand.get(`/api/v1/verify/apikey/${stand.key}`)).status).toBe(401);
  });
});
