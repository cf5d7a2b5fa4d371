import { createHmac } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { generateKey, hashKey } from '@flowkeep/crypto';
import {
  type CredentialFacts,
  keysChanged,
  principal,
  principalsChanged,
  reportUsage,
  verifyKey,
} from '@flowkeep/contracts';
import { gatewayStand } from './gateway.spec-stand.ts';

const whoami = '/api/v1/users/whoami';

describe('the gateway', () => {
  let stand: Awaited<ReturnType<typeof gatewayStand>>;

  beforeEach(async () => {
    stand = await gatewayStand();
  });

  afterEach(() => stand.stop());

  async function verdict(path: string, headers: Record<string, string> = {}) {
    const response = await stand.get(path, headers);
    return { status: response.status, body: (await response.json()) as { detail?: unknown } };
  }

  describe('accepts', () => {
    it.each([
      ['the x-api-key header', () => ({ headers: { 'x-api-key': stand.key } })],
      ['the x-api-key query parameter', () => ({ query: `?x-api-key=${stand.key}` })],
      ['the same key in both', () => ({ headers: { 'x-api-key': stand.key }, query: `?x-api-key=${stand.key}` })],
      ['a key after Bearer', () => ({ headers: { authorization: `Bearer ${stand.key}` } })],
      ['a key alone in Authorization', () => ({ headers: { authorization: stand.key } })],
      ['an access token', () => ({ headers: { authorization: `Bearer ${stand.token()}` } })],
      ['an access token as cookie', () => ({ headers: { cookie: `a=b; access_token_lf=${stand.token()}` } })],
    ])('%s', async (_name, make) => {
      const { headers, query } = { query: '', headers: {}, ...make() };
      const response = await stand.get(whoami + query, headers);
      expect(await response.json()).toMatchObject({ username: 'ada', store_api_key: null });
      expect(response.headers.get('cache-control')).toBe('no-store');
    });

    it('both forms of a path', async () => {
      expect((await verdict(`${whoami}/`, { 'x-api-key': stand.key })).status).toBe(200);
    });
  });

  describe('refuses', () => {
    it('a request without a credential', async () => {
      const detail = 'An API key must be passed as query or header';
      expect(await verdict(whoami)).toEqual({ status: 403, body: { detail } });
    });

    it('two different keys, asking nobody', async () => {
      expect((await verdict(`${whoami}?x-api-key=${generateKey()}`, { 'x-api-key': stand.key })).status).toBe(400);
      expect((await verdict(`${whoami}?x-api-key=a&x-api-key=b`)).status).toBe(400);
      expect(stand.bus.calls).toEqual([]);
    });

    it('a bad key although the token beside it is good', async () => {
      const headers = { 'x-api-key': generateKey(), authorization: `Bearer ${stand.token()}` };
      expect((await verdict(whoami, headers)).status).toBe(403);
    });

    it('a wrong checksum without asking anybody', async () => {
      const last = stand.key.endsWith('A') ? 'B' : 'A';
      const answer = await verdict(whoami, { 'x-api-key': stand.key.slice(0, -1) + last });
      expect(answer).toEqual({ status: 403, body: { detail: 'Invalid or missing API key' } });
      expect(stand.bus.calls).toEqual([]);
    });

    it('an unknown key, asking once in 5 s', async () => {
      const headers = { 'x-api-key': generateKey() };
      for (let time = 0; time < 3; time++) expect((await verdict(whoami, headers)).status).toBe(403);
      expect(stand.bus.calls).toEqual(['keys.verify']);
      await stand.clock.advance(5_000);
      await verdict(whoami, headers);
      expect(stand.bus.calls.filter((name) => name === 'keys.verify')).toHaveLength(2);
    });

    it.each([
      ['disabled', { enabled: false }],
      ['expired', { expiresAt: Date.UTC(2026, 0, 1) }],
      ['not yet valid', { notBefore: Date.UTC(2026, 0, 1) + 1 }],
      ['used with a secret whose overlap is over', { secret: 'previous', secretValidUntil: Date.UTC(2026, 0, 1) }],
      ['used from elsewhere', { addresses: ['192.0.2.0/24', '2001:db8::/32'] }],
    ] as [string, Partial<CredentialFacts>][])('a key that is %s', async (_name, change) => {
      stand.facts.keys.set(hashKey(stand.key), { ...stand.keyFacts, ...change });
      const answer = await verdict(whoami, { 'x-api-key': stand.key });
      expect(answer).toEqual({ status: 403, body: { detail: 'Invalid or missing API key' } });
    });

    it('a key without the right the route needs', async () => {
      stand.facts.keys.set(hashKey(stand.key), { ...stand.keyFacts, permissions: ['predictions:create'] });
      expect((await verdict('/api/v1/api_key/', { 'x-api-key': stand.key })).status).toBe(403);
      expect((await verdict(whoami, { 'x-api-key': stand.key })).status).toBe(200);
    });

    it('a key with an empty list of permissions', async () => {
      stand.facts.keys.set(hashKey(stand.key), { ...stand.keyFacts, permissions: [] });
      expect((await verdict('/api/v1/api_key/', { 'x-api-key': stand.key })).status).toBe(403);
    });

    it('an inactive user', async () => {
      stand.facts.principal = { ...stand.facts.principal, active: false };
      expect((await verdict(whoami, { 'x-api-key': stand.key })).status).toBe(401);
      expect((await verdict(whoami, { authorization: `Bearer ${stand.token()}` })).status).toBe(401);
    });

    it('a token from the second it ends', async () => {
      const headers = { authorization: `Bearer ${stand.token()}` };
      expect((await verdict(whoami, headers)).status).toBe(200);
      await stand.clock.advance(600_000);
      expect(await verdict(whoami, headers)).toEqual({ status: 401, body: { detail: 'Token has expired.' } });
    });

    it.each([
      ['without an end', () => stand.token({ exp: undefined })],
      ['of another kind', () => stand.token({ type: 'refresh' })],
      ['for another audience', () => stand.token({ aud: 'elsewhere' })],
      ['from another issuer', () => stand.token({ iss: 'elsewhere' })],
      ['of an ended session', () => stand.token({ sid: '0191d6c0-0000-7000-8000-000000000000' })],
      ['of an unknown user', () => stand.token({ sub: '0191d6c0-0000-7000-8000-000000000000' })],
      ['with an unknown key id', () => stand.token({}, { kid: 'k2' })],
      ['without a key id', () => stand.token({}, { kid: undefined })],
      ['with a changed signature', () => `${stand.token().slice(0, -4)}AAAA`],
      ['without a signature', () => `${unsigned({ alg: 'none', kid: 'k1' }, stand.token())}.`],
      ['signed with a symmetric algorithm', () => symmetric(stand.token())],
      ['that is no token', () => 'a.b.c'],
    ])('a token that is %s', async (_name, make) => {
      const { status, body } = await verdict(whoami, { authorization: `Bearer ${make()}` });
      expect(status).toBe(401);
      expect(typeof body.detail).toBe('string');
    });

    it('a cookie from another origin for what changes something', async () => {
      const cookie = `access_token_lf=${stand.token()}`;
      const remove = (headers: Record<string, string>) =>
        fetch(`${stand.url}/api/v1/api_key/${stand.keyFacts.keyId}`, { method: 'DELETE', headers });
      expect((await remove({ cookie, origin: 'https://evil.example' })).status).toBe(403);
      expect((await remove({ cookie })).status).toBe(403);
      expect((await remove({ cookie, origin: stand.url })).status).toBe(503);
    });
  });

  describe('keeps facts', () => {
    it('for 5 s, one look-up at a time', async () => {
      const headers = { 'x-api-key': stand.key };
      await Promise.all(Array.from({ length: 5 }, () => stand.get(whoami, headers)));
      const lookUps = () => stand.bus.calls.filter((name) => /verify|principal/.test(name));
      expect(lookUps()).toEqual(['keys.verify', 'identity.principal']);
      await stand.clock.advance(4_999);
      await stand.get(whoami, headers);
      expect(lookUps()).toHaveLength(2);
      await stand.clock.advance(1);
      await stand.get(whoami, headers);
      expect(lookUps()).toHaveLength(4);
    });

    it('until news of a change arrives', async () => {
      const headers = { 'x-api-key': stand.key };
      expect((await verdict(whoami, headers)).status).toBe(200);
      stand.facts.keys.delete(hashKey(stand.key));
      stand.bus.emit(keysChanged, { keys: [{ keyId: stand.keyFacts.keyId, revision: 2 }] });
      expect((await verdict(whoami, headers)).status).toBe(403);
    });

    it('of a user no longer than news of the change', async () => {
      const headers = { 'x-api-key': stand.key };
      expect((await verdict(whoami, headers)).status).toBe(200);
      stand.facts.principal = { ...stand.facts.principal, active: false, revision: 2 };
      stand.bus.emit(principalsChanged, { principals: [{ userId: stand.facts.principal.userId, revision: 2 }] });
      expect((await verdict(whoami, headers)).status).toBe(401);
    });

    it('at most 5 s when the news is lost', async () => {
      const headers = { 'x-api-key': stand.key };
      await verdict(whoami, headers);
      stand.facts.keys.delete(hashKey(stand.key));
      await stand.clock.advance(4_999);
      expect((await verdict(whoami, headers)).status).toBe(200);
      await stand.clock.advance(1);
      expect((await verdict(whoami, headers)).status).toBe(403);
    });

    it('not from a reply that is older than the news', async () => {
      const headers = { 'x-api-key': stand.key };
      const old = stand.keyFacts;
      let replies = 0;
      stand.bus.answer(verifyKey, () => {
        if (++replies === 1) {
          stand.bus.emit(keysChanged, { keys: [{ keyId: old.keyId, revision: 2 }] });
          return old;
        }
        return { ...old, enabled: false, revision: 2 };
      });
      expect((await verdict(whoami, headers)).status).toBe(403);
      expect(replies).toBe(2);
    });

    it('no longer than the connection', async () => {
      const headers = { 'x-api-key': stand.key };
      await verdict(whoami, headers);
      stand.facts.keys.delete(hashKey(stand.key));
      stand.bus.reconnect();
      expect((await verdict(whoami, headers)).status).toBe(403);
    });

    it('and answers 503 when it has none and nobody answers', async () => {
      stand.bus.silence(verifyKey);
      const response = await stand.get(whoami, { 'x-api-key': stand.key });
      expect(response.status).toBe(503);
      expect(response.headers.get('retry-after')).toBe('1');
      stand.bus.silence(principal);
      expect((await verdict(whoami, { authorization: `Bearer ${stand.token()}` })).status).toBe(503);
    });
  });

  describe('counts uses', () => {
    it('once a second, and the rest at a graceful stop', async () => {
      const headers = { 'x-api-key': stand.key };
      await stand.get(whoami, headers);
      await stand.get(whoami, headers);
      await stand.clock.advance(1_000);
      expect(stand.uses).toMatchObject([{ keyId: stand.keyFacts.keyId, uses: 2 }]);
      await stand.get(whoami, headers);
      await stand.stop();
      expect(stand.uses).toMatchObject([{ uses: 2 }, { uses: 1 }]);
      stand = await gatewayStand();
    });

    it('with where they came from, and what they ran', async () => {
      const uses: unknown[] = [];
      stand.bus.answer(reportUsage, ({ deltas }) => {
        uses.push(...deltas);
        return { applied: true };
      });
      const headers = { 'x-api-key': stand.key, 'content-type': 'application/json' };
      const run = (flow: string) => stand.fetch(`/api/v1/run/${flow}`, { method: 'POST', headers, body: '{}' });
      for (const flow of ['support', 'support', '%00', 'a'.repeat(300)]) await run(flow);
      await stand.get(whoami, headers);
      const previous = { ...stand.keyFacts, secret: 'previous' as const, secretValidUntil: stand.clock.now() + 9_000 };
      const { keyId } = previous;
      const old = generateKey();
      stand.facts.keys.set(hashKey(old), previous);
      await stand.get(whoami, { 'x-api-key': old });
      await stand.clock.advance(1_000);
      const [address, lastUsedAt] = ['127.0.0.1', stand.clock.now() - 1_000];
      expect(uses).toEqual([
        { keyId, flow: 'support', uses: 2, address, lastUsedAt, previousUsedAt: null },
        { keyId, flow: null, uses: 4, address, lastUsedAt, previousUsedAt: lastUsedAt },
      ]);
    });

    it('apart for each day', async () => {
      const uses: unknown[] = [];
      let failing = true;
      stand.bus.answer(reportUsage, ({ deltas }) => {
        if (failing) throw new Error('lost');
        uses.push(...deltas.map((delta) => delta.lastUsedAt));
        return { applied: true };
      });
      const midnight = Date.UTC(2026, 0, 2);
      for (const at of [-1_500, -500, 500]) {
        await stand.clock.advance(midnight + at - stand.clock.now());
        await stand.get(whoami, { 'x-api-key': stand.key });
      }
      failing = false;
      await stand.clock.advance(500);
      expect(uses).toEqual([midnight - 1_500, midnight - 500, midnight + 500]);
    });

    it('again with the same number until the report is acknowledged', async () => {
      const sequences: number[] = [];
      let failing = true;
      stand.bus.answer(reportUsage, ({ sequence }) => {
        sequences.push(sequence);
        if (failing) throw new Error('lost');
        return { applied: true };
      });
      await stand.get(whoami, { 'x-api-key': stand.key });
      await stand.clock.advance(2_000);
      failing = false;
      await stand.clock.advance(1_000);
      expect(sequences).toEqual([1, 1, 1]);
    });

    it('not at all when told so', async () => {
      await stand.stop();
      stand = await gatewayStand({ FLOWKEEP_DISABLE_TRACK_APIKEY_USAGE: 'true' });
      await stand.get(whoami, { 'x-api-key': stand.key });
      await stand.clock.advance(1_000);
      expect(stand.uses).toEqual([]);
    });
  });
});

function unsigned(header: object, token: string): string {
  return `${Buffer.from(JSON.stringify(header)).toString('base64url')}.${token.split('.')[1]}`;
}

function symmetric(token: string): string {
  const text = unsigned({ alg: 'HS256', kid: 'k1' }, token);
  return `${text}.${createHmac('sha256', 'k1').update(text).digest('base64url')}`;
}
