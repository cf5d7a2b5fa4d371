import { createSign, generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';
import { readSettings, type Environment } from '@flowkeep/config';
import { generateKey, hashKey } from '@flowkeep/crypto';
import {
  type ApiKey,
  type CredentialFacts,
  DomainError,
  jwks,
  principal,
  type PrincipalFacts,
  reportUsage,
  verifyKey,
  whoami,
} from '@flowkeep/contracts';
import { RecordingLogger, StubBus, TestClock } from '@flowkeep/testing';
import { RawConnection } from './raw-connection.spec-stand.ts';
import { startGateway } from './create-gateway.ts';

/** A gateway on a free port with a test's own clock, whose services are stubs that know one user and one key. */
export async function gatewayStand(environment: Environment = {}, portalDir?: string) {
  const clock = new TestClock();
  const bus = new StubBus('gateway');
  const log = new RecordingLogger();
  const userId = randomUUID();
  const workspaceId = randomUUID();
  const sessionId = randomUUID();
  const key = generateKey();
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const facts = {
    principal: {
      userId,
      username: 'ada',
      active: true,
      superuser: false,
      defaultWorkspaceId: workspaceId,
      memberships: [{ workspaceId, role: 'owner' }],
      sessions: [{ id: sessionId, workspaceId: null }],
      revision: 1,
    } as PrincipalFacts,
    keys: new Map<string, CredentialFacts>([
      [
        hashKey(key),
        {
          keyId: randomUUID(),
          ownerId: userId,
          workspaceId,
          permissions: ['*'],
          scope: { flowIds: [], projectIds: [] },
          enabled: true,
          notBefore: null,
          expiresAt: null,
          addresses: [],
          rateLimit: null,
          quota: null,
          secret: 'current',
          secretValidUntil: null,
          revision: 1,
        },
      ],
    ]),
  };
  const uses: { keyId: string; uses: number }[] = [];
  bus.answer(verifyKey, ({ hash }) => {
    const found = facts.keys.get(hash);
    if (found === undefined) throw new DomainError('key_invalid');
    return found;
  });
  bus.answer(principal, (request) => {
    if (request.userId !== userId) throw new DomainError('user_not_found');
    return facts.principal;
  });
  const jwk = publicKey.export({ format: 'jwk' }) as { x: string; y: string };
  const signingKey = { kty: 'EC', crv: 'P-256', alg: 'ES256', use: 'sig', kid: 'k1', x: jwk.x, y: jwk.y } as const;
  bus.answer(jwks, () => ({ keys: [signingKey] }));
  bus.answer(whoami, (_request, { caller }) => ({
    id: caller?.userId as string,
    username: caller?.username as string,
    email: null,
    profileImage: null,
    optins: {},
    active: true,
    superuser: false,
    mustChangePassword: false,
    createdAt: 0,
    updatedAt: 0,
    lastLoginAt: null,
  }));
  bus.answer(reportUsage, ({ deltas }) => {
    uses.push(...deltas);
    return { applied: true };
  });
  const { settings } = readSettings({ mode: 'standalone', sources: [{ FLOWKEEP_PORT: '0', ...environment }] });
  const gateway = await startGateway({
    settings,
    bus,
    clock,
    logger: log,
    ...(portalDir === undefined ? {} : { portalDir }),
  });
  const now = clock.now() / 1000;
  const claims = {
    sub: userId,
    sid: sessionId,
    type: 'access',
    iss: 'flowkeep',
    aud: 'flowkeep',
    iat: now,
    exp: now + 600,
  };
  return {
    url: gateway.url,
    bus,
    clock,
    log,
    key,
    facts,
    keyFacts: facts.keys.get(hashKey(key)) as CredentialFacts,
    uses,
    stop: () => gateway.stop(),
    /** What tokens are verified with, as everybody may know it. */
    publicKey,
    /** What a good token says. */
    claims,
    /** A signed token; `changes` replace claims, `header` header fields. */
    token: (changes: object = {}, header: object = {}) => sign(privateKey, { ...claims, ...changes }, header),
    get: (path: string, headers: Record<string, string> = {}) => fetch(gateway.url + path, { headers }),
    fetch: (path: string, init: RequestInit = {}) => fetch(gateway.url + path, init),
    /** Opens a connection of its own, for requests that no HTTP client would send. */
    connect: () => RawConnection.open(gateway.url),
  };
}

function sign(key: KeyObject, claims: object, header: object): string {
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const text = `${encode({ alg: 'ES256', typ: 'JWT', kid: 'k1', ...header })}.${encode(claims)}`;
  const signature = createSign('sha256').update(text).sign({ key, dsaEncoding: 'ieee-p1363' });
  return `${text}.${signature.toString('base64url')}`;
}

/** A key as key management shows it to its owner. */
export function sampleKey(changes: Partial<ApiKey> = {}): ApiKey {
  const at = Date.UTC(2026, 0, 1);
  return {
    id: randomUUID(),
    name: 'CI',
    description: null,
    ownerId: randomUUID(),
    workspaceId: randomUUID(),
    createdBy: randomUUID(),
    prefix: 'fk_AbCdE',
    last4: 'wXyZ',
    length: 53,
    permissions: ['*'],
    scope: { flowIds: [], projectIds: [] },
    addresses: [],
    rateLimit: null,
    quota: null,
    enabled: true,
    notBefore: null,
    expiresAt: null,
    createdAt: at,
    updatedAt: at,
    revision: 0,
    lastUsedAt: null,
    lastAddress: null,
    lastFlow: null,
    totalUses: 0,
    previous: null,
    ...changes,
  };
}
