import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { principal, signIn } from '@flowkeep/contracts';
import { gatewayStand } from '../gateway.spec-stand.ts';

const whoami = '/api/v1/users/whoami';

describe('a session opened a moment ago', () => {
  let stand: Awaited<ReturnType<typeof gatewayStand>>;
  let sid: string;

  beforeEach(async () => {
    stand = await gatewayStand();
    sid = randomUUID();
    // The gateway knows the user, as he was before he signed in again.
    expect(await status(stand.token())).toBe(200);
  });

  afterEach(() => stand.stop());

  async function status(token: string): Promise<number> {
    return (await stand.get(whoami, { authorization: `Bearer ${token}` })).status;
  }

  const lookUps = () => stand.bus.calls.filter((name) => name === 'identity.principal').length;

  function openSession(): void {
    const before = stand.facts.principal;
    stand.facts.principal = { ...before, sessions: [...before.sessions, { id: sid, workspaceId: null }], revision: 2 };
  }

  it('through another gateway counts here although the news of it was lost', async () => {
    openSession();
    await stand.clock.advance(1_000);
    expect(await status(stand.token({ sid }))).toBe(200);
    expect(lookUps()).toBe(2);
  });

  it('that ended costs at most one look-up per second, however often its token is sent', async () => {
    for (let second = 1; second <= 3; second++) {
      await stand.clock.advance(1_000);
      for (let time = 0; time < 3; time++) expect(await status(stand.token({ sid: randomUUID() }))).toBe(401);
      expect(lookUps()).toBe(1 + second);
    }
  });

  it('does not make the other sessions of its user ask again', async () => {
    await stand.clock.advance(4_999);
    expect(await status(stand.token())).toBe(200);
    expect(lookUps()).toBe(1);
  });

  it('through this gateway counts from the answer on, without any news', async () => {
    const { userId } = stand.facts.principal;
    stand.bus.answer(signIn, () => {
      openSession();
      const expiresAt = stand.clock.now() + 600_000;
      const refresh = { refreshToken: 'fkr_x', refreshExpiresAt: expiresAt };
      return { accessToken: stand.token({ sid }), expiresAt, ...refresh, userId, sessionId: sid, revision: 2 };
    });
    const body = new URLSearchParams({ username: 'ada', password: 'correct horse' });
    const answer = await fetch(`${stand.url}/api/v1/login`, { method: 'POST', body });
    const { access_token: token } = (await answer.json()) as { access_token: string };
    expect(await status(token)).toBe(200);
  });

  it('is not known to be live while nobody can be asked', async () => {
    openSession();
    await stand.clock.advance(1_000);
    stand.bus.silence(principal);
    expect(await status(stand.token({ sid }))).toBe(503);
  });
});
