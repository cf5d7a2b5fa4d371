import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { type Caller, reportKey, rolePermissions } from '@flowkeep/contracts';
import { hashKey, isKeyForm } from '@flowkeep/crypto';
import { describeOnDialects } from '@flowkeep/testing';
import { type KeyManagementStand, keyManagementStand, person } from '../key-management.spec-stand.ts';

const unknown = { code: 'key_invalid' };

await describeOnDialects('rotating a key', (dialect) => {
  let stand: KeyManagementStand;
  let ada: Caller;

  beforeEach(async () => {
    stand = await keyManagementStand(dialect);
    ada = person();
  });
  afterEach(() => stand.stop());

  it('replaces the secret and keeps everything else', async () => {
    const { key, secret: old } = await stand.create(ada, { name: 'CI', permissions: ['runs:create'] });
    const rotated = await stand.rotate(ada, key.id);
    expect(isKeyForm(rotated.secret)).toBe(true);
    const { prefix, last4, ...rest } = key;
    expect(rotated.key).toEqual({
      ...rest,
      prefix: rotated.secret.slice(0, 8),
      last4: rotated.secret.slice(42, 46),
      revision: 1,
    });
    expect(rotated.key.prefix + rotated.key.last4).not.toBe(prefix + last4);
    await expect(stand.factsOf(old)).rejects.toMatchObject(unknown);
    const facts = { keyId: key.id, secret: 'current', secretValidUntil: null, revision: 1 };
    expect(await stand.factsOf(rotated.secret)).toMatchObject(facts);
    expect(stand.news).toEqual([{ keyId: key.id, revision: 1 }]);
    const event = (await stand.recorded()).at(-1);
    expect(event).toMatchObject({ action: 'key.rotated', details: { previous: prefix, overlapSeconds: 0 } });
    expect(JSON.stringify(event)).not.toContain(rotated.secret.slice(8));
  });

  it('leaves the old secret valid for the overlap', async () => {
    const { key, secret: old } = await stand.create(ada);
    const validUntil = stand.clock.now() + 60_000;
    const rotated = await stand.rotate(ada, key.id, 60);
    expect(rotated.key.previous).toEqual({ prefix: key.prefix, last4: key.last4, validUntil, lastUsedAt: null });
    const facts = { keyId: key.id, secret: 'previous', secretValidUntil: validUntil, revision: 1 };
    expect(await stand.factsOf(old)).toMatchObject(facts);
    expect(await stand.factsOf(rotated.secret)).toMatchObject({ secret: 'current', secretValidUntil: null });
  });

  it('never lets the old secret outlive the key', async () => {
    const expiresAt = stand.clock.now() + 10_000;
    const { key } = await stand.create(ada, { expiresAt });
    expect((await stand.rotate(ada, key.id, 3_600)).key.previous?.validUntil).toBe(expiresAt);
  });

  it('ends the secret before the old one at once', async () => {
    const { key, secret: first } = await stand.create(ada);
    const { secret: second } = await stand.rotate(ada, key.id, 3_600);
    const { secret: third } = await stand.rotate(ada, key.id, 3_600);
    await expect(stand.factsOf(first)).rejects.toMatchObject(unknown);
    expect(await stand.factsOf(second)).toMatchObject({ secret: 'previous' });
    expect(await stand.factsOf(third)).toMatchObject({ secret: 'current' });
    expect((await stand.rotate(ada, key.id)).key.previous).toBeNull();
    await expect(stand.factsOf(second)).rejects.toMatchObject(unknown);
  });

  it('shows when the old secret was used last', async () => {
    const { key } = await stand.create(ada);
    await stand.rotate(ada, key.id, 3_600);
    const at = stand.clock.now();
    const gatewayId = randomUUID();
    const use = { keyId: key.id, uses: 2, lastUsedAt: at + 9, previousUsedAt: at + 7 };
    await stand.report({ gatewayId, sequence: 1, deltas: [use] });
    await stand.report({ gatewayId, sequence: 2, deltas: [{ keyId: key.id, uses: 1, lastUsedAt: at + 12 }] });
    const { lastUsedAt, totalUses, previous } = await stand.get(ada, key.id);
    expect({ lastUsedAt, totalUses, old: previous?.lastUsedAt }).toEqual({
      lastUsedAt: at + 12,
      totalUses: 3,
      old: at + 7,
    });
    expect((await stand.rotate(ada, key.id, 3_600)).key.previous?.lastUsedAt).toBeNull();
  });

  it('gives each of several at once a secret of its own, of which the last two count', async () => {
    const { key } = await stand.create(ada);
    const rotated = await Promise.all([1, 2, 3].map(() => stand.rotate(ada, key.id, 3_600)));
    const last = rotated.find(({ key: { revision } }) => revision === 3);
    const before = rotated.find(({ key: { revision } }) => revision === 2);
    expect(await stand.factsOf(last?.secret as string)).toMatchObject({ secret: 'current' });
    expect(await stand.factsOf(before?.secret as string)).toMatchObject({ secret: 'previous' });
    const first = rotated.find(({ key: { revision } }) => revision === 1);
    await expect(stand.factsOf(first?.secret as string)).rejects.toMatchObject(unknown);
  });

  it('lets a report of the old secret end both', async () => {
    const { key, secret: old } = await stand.create(ada);
    const { secret } = await stand.rotate(ada, key.id, 3_600);
    const caller = person([...rolePermissions.owner, 'keys:report']);
    await stand.gateway.call(reportKey, { hash: hashKey(old) }, { caller });
    expect(await stand.factsOf(secret)).toMatchObject({ enabled: false });
    expect(await stand.factsOf(old)).toMatchObject({ enabled: false });
  });

  it.each([-1, 1.5, 30 * 86_400 + 1])('refuses an overlap of %s s', async (overlap) => {
    const { key } = await stand.create(ada);
    await expect(stand.rotate(ada, key.id, overlap)).rejects.toMatchObject({ code: 'invalid_request' });
  });
});
