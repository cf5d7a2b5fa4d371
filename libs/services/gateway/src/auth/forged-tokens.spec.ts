import { createHmac, createSign, generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { DomainError, jwks, principal, type ReplyOf, signOut } from '@flowkeep/contracts';
import { settle } from '@flowkeep/testing';
import { gatewayStand } from '../gateway.spec-stand.ts';

type Stand = Awaited<ReturnType<typeof gatewayStand>>;
type Claims = Record<string, unknown>;

/** Somebody else, with a session of his own. */
const bob = randomUUID();

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' });

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const decode = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString()) as Claims;
const parts = (token: string) => token.split('.') as [string, string, string];

/** A header and claims, signed by whatever is given. */
function forge(header: object, claims: object, signature: (text: string) => Buffer): string {
  const text = `${encode({ typ: 'JWT', kid: 'k1', ...header })}.${encode(claims)}`;
  return `${text}.${signature(text).toString('base64url')}`;
}

const hmac = (secret: string | Buffer) => (text: string) => createHmac('sha256', secret).update(text).digest();
const signed =
  (key: KeyObject, digest = 'sha256') =>
  (text: string) =>
    createSign(digest).update(text).sign({ key, dsaEncoding: 'ieee-p1363' });
const none = () => Buffer.alloc(0);

/** The key gateways verify with, as everybody can read it. */
function publicJwk() {
  return p256.publicKey.export({ format: 'jwk' }) as { x: string; y: string };
}

interface Material {
  readonly good: string;
  readonly claims: Claims;
  readonly now: number;
  readonly publicKey: KeyObject;
  /** Signs with identity's own key, which only identity can: what is refused then is refused for what it says. */
  readonly sign: Stand['token'];
}

/** Every way to make a token that is none, from what everybody can have: a good one, its claims, the public key. `now` in seconds. */
const forgeries: Record<string, (from: Material) => string> = {
  'no algorithm': ({ claims }) => forge({ alg: 'none' }, claims, none),
  'no algorithm, spelt otherwise': ({ claims }) => forge({ alg: 'nOnE' }, claims, none),
  'no algorithm and the good signature': ({ good, claims }) =>
    forge({ alg: 'none' }, claims, () => Buffer.from(parts(good)[2], 'base64url')),
  'no algorithm at all': ({ claims }) => forge({ alg: undefined }, claims, none),
  'an algorithm that is no text': ({ claims }) => forge({ alg: ['ES256'] }, claims, signed(p256.privateKey)),
  'an HMAC of the public key as PEM': ({ claims, publicKey }) => {
    const pem = publicKey.export({ type: 'spki', format: 'pem' });
    return forge({ alg: 'HS256' }, claims, hmac(pem));
  },
  'an HMAC of the public key as DER': ({ claims, publicKey }) => {
    const der = publicKey.export({ type: 'spki', format: 'der' });
    return forge({ alg: 'HS256' }, claims, hmac(der));
  },
  'an HMAC of the public key as JWK': ({ claims, publicKey }) =>
    forge({ alg: 'HS256' }, claims, hmac(JSON.stringify(publicKey.export({ format: 'jwk' })))),
  'an HMAC of nothing': ({ claims }) => forge({ alg: 'HS256' }, claims, hmac('')),
  RSA: ({ claims }) => forge({ alg: 'RS256' }, claims, signed(rsa.privateKey)),
  'RSA-PSS': ({ claims }) => forge({ alg: 'PS256' }, claims, signed(rsa.privateKey)),
  'another curve': ({ claims }) => forge({ alg: 'ES384' }, claims, signed(p384.privateKey, 'sha384')),
  'a key of its own': ({ claims }) => forge({ alg: 'ES256' }, claims, signed(p256.privateKey)),
  'a key of its own inside': ({ claims }) =>
    forge({ alg: 'ES256', jwk: { kty: 'EC', crv: 'P-256', ...publicJwk() } }, claims, signed(p256.privateKey)),
  'a key of its own inside, without an id': ({ claims }) => {
    const header = { alg: 'ES256', kid: undefined, jwk: { kty: 'EC', crv: 'P-256', ...publicJwk() } };
    return forge(header, claims, signed(p256.privateKey));
  },
  'an address of keys': ({ claims }) =>
    forge({ alg: 'ES256', jku: 'http://127.0.0.1:9/keys.json' }, claims, signed(p256.privateKey)),
  'an address of a certificate': ({ claims }) =>
    forge({ alg: 'ES256', x5u: 'http://127.0.0.1:9/c.pem', x5c: ['AAAA'] }, claims, signed(p256.privateKey)),
  'an id that is a path': ({ claims }) => forge({ alg: 'HS256', kid: '../../../../../../dev/null' }, claims, hmac('')),
  'an id that is a statement': ({ claims }) => forge({ alg: 'HS256', kid: "k1' union select 'a" }, claims, hmac('a')),
  'an id of every object': ({ claims }) => forge({ alg: 'HS256', kid: '__proto__' }, claims, hmac('')),
  'an unknown id': ({ claims, sign }) => sign(claims, { kid: 'k2' }),
  'a list of ids': ({ claims, sign }) => sign(claims, { kid: ['k1'] }),
  'an id that is a number': ({ claims, sign }) => sign(claims, { kid: 1 }),
  'an empty id': ({ claims, sign }) => sign(claims, { kid: '' }),
  'a huge id': ({ claims, sign }) => sign(claims, { kid: 'k'.repeat(2000) }),
  'a huge header': ({ claims, sign }) => sign(claims, { more: 'x'.repeat(8000) }),
  'a header that is no object': ({ good }) => `${encode(null)}.${parts(good)[1]}.${parts(good)[2]}`,
  'a header that is no JSON': ({ good }) =>
    `${Buffer.from('{').toString('base64url')}.${parts(good)[1]}.${parts(good)[2]}`,
  'claims of another': ({ good }) => {
    const [header, payload, signature] = parts(good);
    return `${header}.${encode({ ...decode(payload), sub: randomUUID() })}.${signature}`;
  },
  'claims that are a text': ({ good }) => `${parts(good)[0]}.${encode('text')}.${parts(good)[2]}`,
  'not valid yet': ({ now, sign }) => sign({ nbf: now + 1 }),
  'a beginning that is no time': ({ sign }) => sign({ nbf: 'soon' }),
  'issued in the future': ({ now, sign }) => sign({ iat: now + 61 }),
  'issued at no time': ({ sign }) => sign({ iat: undefined }),
  'no end': ({ sign }) => sign({ exp: undefined }),
  'an end that is no time': ({ sign }) => sign({ exp: '9999999999' }),
  'another type': ({ sign }) => sign({ type: 'refresh' }),
  'no type': ({ sign }) => sign({ type: undefined }),
  'another audience': ({ sign }) => sign({ aud: 'another' }),
  'no audience': ({ sign }) => sign({ aud: undefined }),
  'another issuer': ({ sign }) => sign({ iss: 'https://evil.example' }),
  'no issuer': ({ sign }) => sign({ iss: undefined }),
  nobody: ({ sign }) => sign({ sub: undefined }),
  'somebody who is no id': ({ sign }) => sign({ sub: 'ada' }),
  'no session': ({ sign }) => sign({ sid: undefined }),
  'a session there never was': ({ sign }) => sign({ sid: randomUUID() }),
  "another user with this one's session": ({ sign }) => sign({ sub: bob }),
  'expired and another type': ({ now, sign }) => sign({ type: 'refresh', exp: now - 1 }),
  'expired and forged': ({ claims, now }) =>
    forge({ alg: 'ES256' }, { ...claims, exp: now - 1 }, signed(p256.privateKey)),
  'cut off': ({ good }) => good.slice(0, -2),
  'without a signature': ({ good }) => good.slice(0, good.lastIndexOf('.') + 1),
  'with a signature of zeros': ({ good }) => `${parts(good)[0]}.${parts(good)[1]}.${'A'.repeat(86)}`,
  padded: ({ good }) => `${good}==`,
  longer: ({ good }) => `${good}AAAA`,
  'in the other base 64': ({ good }) => `${parts(good)[0]}.${parts(good)[1]}.${'+/'.repeat(43)}`,
  'nothing but dots': () => '..',
};

describe('a forged token', () => {
  let stand: Stand;
  let material: Material;

  beforeEach(async () => {
    stand = await gatewayStand();
    const bobs = {
      ...stand.facts.principal,
      userId: bob,
      username: 'bob',
      sessions: [{ id: randomUUID(), workspaceId: null }],
    };
    stand.bus.answer(principal, ({ userId }) => {
      if (userId === bob) return bobs;
      if (userId !== stand.facts.principal.userId) throw new DomainError('user_not_found');
      return stand.facts.principal;
    });
    const { claims, publicKey, token: sign } = stand;
    material = { good: sign(), claims, now: stand.clock.now() / 1000, publicKey, sign };
  });

  afterEach(() => stand.stop());

  const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
  const inCookie = (token: string) => ({ cookie: `access_token_lf=${token}` });

  async function ask(path: string, headers: Record<string, string>) {
    const response = await stand.get(path, headers);
    return {
      status: response.status,
      challenge: response.headers.get('www-authenticate'),
      text: await response.text(),
    };
  }

  const langflow = '/api/v1/users/whoami';
  const native = '/api/flowkeep/v1/session';
  const refusals = {
    [langflow]: '{"detail":"Could not validate credentials"}',
    [native]: '{"type":"about:blank","title":"Could not validate credentials","status":401,"code":"token_invalid"}',
  };

  it('is told from a good one', async () => {
    for (const headers of [bearer(material.good), inCookie(material.good)]) {
      for (const path of [langflow, native]) expect((await ask(path, headers)).status).toBe(200);
    }
    const slightlyAhead = material.sign({ iat: material.now + 60 });
    expect((await ask(langflow, bearer(slightlyAhead))).status).toBe(200);
  });

  it.each(Object.keys(forgeries))('%s: is one refusal, the same as all others', async (name) => {
    const token = (forgeries[name] as (from: Material) => string)(material);
    for (const [path, text] of Object.entries(refusals)) {
      for (const headers of [bearer(token), inCookie(token)]) {
        expect(await ask(path, headers)).toEqual({ status: 401, challenge: 'Bearer', text });
      }
    }
    expect(stand.log.text()).not.toContain(token.slice(-40));
  });

  it('ends no session, in any dialect', async () => {
    stand.bus.answer(signOut, () => ({ ended: null }));
    for (const path of ['/api/v1/logout', '/api/v1/auth/logout', '/api/v1/account/logout']) {
      for (const make of Object.values(forgeries)) {
        expect((await stand.fetch(path, { method: 'POST', headers: bearer(make(material)) })).status).toBe(200);
      }
    }
    expect(stand.bus.calls).not.toContain(signOut.name);
  });

  it('that is only too old is told so: clients refresh on it', async () => {
    const expired = bearer(material.sign({ exp: material.now }));
    expect(await ask(langflow, expired)).toMatchObject({ status: 401, text: '{"detail":"Token has expired."}' });
    expect(await ask(native, expired)).toMatchObject({ status: 401, text: expect.stringContaining('token_expired') });
  });

  it('of a user who is gone is only made by identity, and is told so', async () => {
    const gone = bearer(material.sign({ sub: randomUUID() }));
    expect(await ask(langflow, gone)).toMatchObject({
      status: 401,
      text: '{"detail":"User not found or is inactive."}',
    });
  });
});

describe('the keys of identity', () => {
  let stand: Stand;
  let published: ReplyOf<typeof jwks>['keys'];

  beforeEach(async () => {
    stand = await gatewayStand();
    published = [toPublished('k1', stand.publicKey)];
    stand.bus.answer(jwks, () => ({ keys: published }));
  });

  afterEach(() => stand.stop());

  function toPublished(kid: string, key: KeyObject): (typeof published)[number] {
    const { x, y } = key.export({ format: 'jwk' }) as { x: string; y: string };
    return { kty: 'EC', crv: 'P-256', alg: 'ES256', use: 'sig', kid, x, y };
  }
  const byNext = () => forge({ alg: 'ES256', kid: 'k2' }, { ...stand.claims, ...times() }, signed(p256.privateKey));
  const times = () => ({ iat: stand.clock.now() / 1000, exp: stand.clock.now() / 1000 + 600 });
  const status = async (token: string) =>
    (await stand.get('/api/v1/users/whoami', { authorization: `Bearer ${token}` })).status;
  const fetches = () => stand.bus.calls.filter((name) => name === jwks.name).length;

  it('are found however many ids are made up, when they are published before they sign', async () => {
    const flood = async () => {
      for (let time = 0; time < 20; time++) {
        expect(await status(stand.token({}, { kid: randomUUID() }))).toBe(401);
        expect(await status(stand.token(times()))).toBe(200);
      }
    };
    await flood();
    published = [toPublished('k2', p256.publicKey), ...published];
    for (let second = 0; second < 60; second++) {
      await stand.clock.advance(1_000);
      await flood();
    }
    expect(await status(byNext())).toBe(200);
    expect(fetches()).toBe(13);
  });

  it('are asked for when a token names a new one', async () => {
    expect(await status(stand.token())).toBe(200);
    await stand.clock.advance(5_000);
    published = [toPublished('k2', p256.publicKey), ...published];
    expect(await Promise.all([byNext(), byNext()].map(status))).toEqual([200, 200]);
    expect(await status(stand.token())).toBe(200);
    expect(fetches()).toBe(2);
  });

  it('count no more a while after identity dropped them, used or not', async () => {
    expect(await status(stand.token())).toBe(200);
    published = [toPublished('k2', p256.publicKey)];
    await stand.clock.advance(300_000);
    expect(await status(stand.token(times()))).toBe(401);
    expect(await status(byNext())).toBe(200);
    published = [toPublished('k1', stand.publicKey)];
    await stand.clock.advance(60_000);
    // Fetched beside this one.
    expect(await status(byNext())).toBe(200);
    await settle();
    expect(await status(byNext())).toBe(401);
  });

  it('that were dropped do not count while nobody can be asked', async () => {
    expect(await status(stand.token())).toBe(200);
    stand.bus.silence(jwks);
    await stand.clock.advance(299_000);
    expect(await status(stand.token(times()))).toBe(200);
    await stand.clock.advance(1_000);
    expect(await status(stand.token(times()))).toBe(503);
  });

  it('are public, for others that verify access tokens', async () => {
    const answer = await stand.get('/.well-known/jwks.json');
    expect([answer.status, answer.headers.get('content-type')]).toEqual([
      200,
      'application/jwk-set+json; charset=utf-8',
    ]);
    expect(answer.headers.get('cache-control')).toBe('public, max-age=30');
    const { keys } = (await answer.json()) as { keys: object[] };
    expect(keys).toEqual(published);
    expect(Object.keys(keys[0] as object).toSorted()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
    for (let time = 0; time < 5; time++) await stand.get('/.well-known/jwks.json');
    expect(fetches()).toBe(1);
    await stand.clock.advance(5_000);
    stand.bus.silence(jwks);
    const failed = await stand.get('/.well-known/jwks.json');
    expect([failed.status, failed.headers.get('cache-control')]).toEqual([503, 'no-store']);
  });
});
