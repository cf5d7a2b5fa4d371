import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type Caller, deleteKeys, reportKey, rolePermissions, toRights } from '@flowkeep/contracts';
import { hashKey } from '@flowkeep/crypto';
import { describeOnDialects } from '@flowkeep/testing';
import { type KeyManagementStand, keyManagementStand, person } from '../key-management.spec-stand.ts';

const refused = { code: 'insufficient_permission' };
const dayMs = 86_400_000;

await describeOnDialects('the life of a key', (dialect) => {
  let stand: KeyManagementStand;
  let ada: Caller;

  beforeEach(async () => {
    stand = await keyManagementStand(dialect);
    ada = person();
  });
  afterEach(() => stand.stop());

  it('begins with what was asked for', async () => {
    const now = stand.clock.now();
    const asked = {
      name: 'CI',
      description: 'of the build',
      permissions: ['runs:create'],
      scope: { flowIds: [randomUUID()], projectIds: [randomUUID()] },
      notBefore: now + 1_000,
      expiresAt: now + 2_000,
      rateLimit: { requests: 5, windowSeconds: 60 },
      quota: { daily: 10, monthly: null },
    };
    const { key, secret } = await stand.create(ada, { ...asked, addresses: ['10.1.2.3/8', '10.0.0.0/8', '::1'] });
    expect(key).toMatchObject({ ...asked, addresses: ['10.0.0.0/8', '::1/128'], revision: 0, enabled: true });
    expect(await stand.get(ada, key.id)).toEqual(key);
    const { scope, rateLimit, quota, notBefore, expiresAt } = asked;
    expect(await stand.factsOf(secret)).toMatchObject({
      ...{ scope, rateLimit, quota, notBefore, expiresAt },
      addresses: ['10.0.0.0/8', '::1/128'],
      secret: 'current',
    });
  });

  it('changes in what is given, and in nothing else', async () => {
    const { key, secret } = await stand.create(ada, { name: 'one', quota: { daily: 7, monthly: null } });
    await stand.clock.advance(5);
    const changes = { name: 'Two', enabled: false, addresses: ['192.0.2.1'], expiresAt: stand.clock.now() + 9 };
    const changed = await stand.update(ada, { keyId: key.id, ...changes });
    const after = { ...key, ...changes, addresses: ['192.0.2.1/32'], revision: 1, updatedAt: key.createdAt + 5 };
    expect(changed).toEqual(after);
    expect(await stand.get(ada, key.id)).toEqual(after);
    expect(await stand.factsOf(secret)).toMatchObject({ enabled: false, revision: 1, expiresAt: changes.expiresAt });
    const open = { addresses: [], expiresAt: null, quota: null, enabled: true, description: null, name: null };
    expect(await stand.update(ada, { keyId: key.id, ...open })).toMatchObject({ ...open, revision: 2 });
    expect(stand.news).toEqual([
      { keyId: key.id, revision: 1 },
      { keyId: key.id, revision: 2 },
    ]);
    const [, first] = await stand.recorded();
    expect(first).toMatchObject({ action: 'key.updated', subjectId: key.id, details: { name: 'Two' } });
  });

  it('takes every change of several at once', async () => {
    const { key } = await stand.create(ada);
    const changes = Array.from({ length: 5 }, (_, index) => stand.update(ada, { keyId: key.id, name: `n${index}` }));
    const revisions = (await Promise.all(changes)).map(({ revision }) => revision);
    expect(revisions.sort()).toEqual([1, 2, 3, 4, 5]);
  });

  it('is nobody else’s to see or change', async () => {
    const { key } = await stand.create(ada);
    for (const other of [person(), { ...ada, userId: randomUUID() }, { ...ada, workspaceId: randomUUID() }]) {
      const missing = { code: 'key_not_found' };
      await expect(stand.get(other, key.id)).rejects.toMatchObject(missing);
      await expect(stand.update(other, { keyId: key.id, name: 'mine' })).rejects.toMatchObject(missing);
      await expect(stand.rotate(other, key.id)).rejects.toMatchObject(missing);
      const deletion = stand.gateway.call(deleteKeys, { keyIds: [key.id] }, { caller: other });
      expect(await deletion).toEqual({ deleted: [] });
    }
    expect((await stand.get(ada, key.id)).revision).toBe(0);
  });

  it.each([
    ['an end in the past', { expiresAt: 1 }, ['expiresAt']],
    ['a beginning after the end', { notBefore: Date.UTC(2027, 0, 2), expiresAt: Date.UTC(2027, 0, 1) }, ['notBefore']],
    ['an unknown permission', { permissions: ['runs:create', 'no:such'] }, ['permissions', 1]],
  ])('refuses %s, naming it, and changes nothing', async (_name, change, path) => {
    const { key } = await stand.create(ada);
    const refusal = { code: 'invalid_request', issues: [{ path }] };
    await expect(stand.create(ada, change)).rejects.toMatchObject(refusal);
    await expect(stand.update(ada, { keyId: key.id, ...change })).rejects.toMatchObject(refusal);
    expect(await stand.get(ada, key.id)).toEqual(key);
  });

  it('can be renamed after its end', async () => {
    const { key } = await stand.create(ada, { expiresAt: stand.clock.now() + 1 });
    await stand.clock.advance(10);
    expect(await stand.update(ada, { keyId: key.id, name: 'old' })).toMatchObject({ expiresAt: key.expiresAt });
  });

  it('never gets a right its holder lacks now, and keeps those it was given', async () => {
    const { key } = await stand.create(ada, { permissions: ['flows:delete'] });
    const demoted = { ...ada, rights: [...toRights(rolePermissions.runner)] };
    await expect(stand.update(demoted, { keyId: key.id, permissions: ['flows:update'] })).rejects.toMatchObject(
      refused,
    );
    await expect(stand.rotate(demoted, key.id)).rejects.toMatchObject(refused);
    expect((await stand.update(demoted, { keyId: key.id, name: 'kept' })).permissions).toEqual(['flows:delete']);
    expect((await stand.update(demoted, { keyId: key.id, permissions: ['runs:create'] })).revision).toBe(2);
  });

  describe('that is managed with another key', () => {
    const flows = [randomUUID(), randomUUID()] as const;
    const projects = [randomUUID()];
    const rights = ['keys:create', 'keys:update', 'runs:create'] as const;
    const bounds = { permissions: [...rights], scope: { flowIds: [...flows], projectIds: projects } };

    async function issuer(changes: Parameters<typeof stand.create>[1] = {}): Promise<Caller> {
      const { key } = await stand.create(ada, { ...bounds, ...changes });
      return { ...ada, keyId: key.id, rights: [...toRights(rights)] };
    }

    it('gets no more than that key has', async () => {
      const end = stand.clock.now() + 1_000;
      const byKey = await issuer({ addresses: ['10.0.0.0/8'], expiresAt: end });
      const wishes = [
        { permissions: ['*'] },
        { permissions: ['flows:view'] },
        { scope: { flowIds: [randomUUID()], projectIds: [] } },
        { scope: { flowIds: [], projectIds: [...projects, randomUUID()] } },
        { addresses: ['10.1.0.0/16', '11.0.0.0/8'] },
        { addresses: ['0.0.0.0/0'] },
      ];
      const { key: mine } = await stand.create(byKey, { permissions: ['runs:create'] });
      expect(mine).toMatchObject({ scope: bounds.scope, addresses: ['10.0.0.0/8'], expiresAt: end });
      for (const wish of wishes) {
        await expect(stand.create(byKey, { permissions: ['runs:create'], ...wish })).rejects.toMatchObject(refused);
        await expect(stand.update(byKey, { keyId: mine.id, ...wish })).rejects.toMatchObject(refused);
        await expect(stand.update(byKey, { keyId: byKey.keyId as string, ...wish })).rejects.toMatchObject(refused);
      }
      expect(await stand.get(ada, mine.id)).toEqual(mine);
      const wide = { scope: { flowIds: [], projectIds: [] }, addresses: [], expiresAt: null };
      expect(await stand.update(byKey, { keyId: mine.id, ...wide })).toMatchObject({
        ...{ scope: bounds.scope, addresses: ['10.0.0.0/8'], expiresAt: end },
      });
      const less = { scope: { flowIds: [flows[1]], projectIds: [] }, addresses: ['10.2.0.0/16'], expiresAt: end - 1 };
      expect(await stand.update(byKey, { keyId: mine.id, ...less })).toMatchObject(less);
    });

    it('is left alone when it can do more', async () => {
      const end = stand.clock.now() + 1_000;
      const byKey = await issuer({ addresses: ['10.0.0.0/8'], expiresAt: end });
      const within = {
        permissions: ['runs:create'],
        ...{ scope: bounds.scope, addresses: ['10.0.0.0/8'], expiresAt: end },
      };
      const more = [
        { permissions: ['*'] },
        { permissions: ['flows:view'] },
        { scope: { flowIds: [], projectIds: [] } },
        { scope: { flowIds: [randomUUID()], projectIds: [] } },
        { addresses: [] },
        { addresses: ['10.0.0.0/7'] },
        { expiresAt: null },
        { expiresAt: end + 1 },
      ];
      for (const change of more) {
        const { key } = await stand.create(ada, { ...within, ...change });
        await expect(stand.rotate(byKey, key.id)).rejects.toMatchObject(refused);
        await expect(stand.update(byKey, { keyId: key.id, name: 'x' })).rejects.toMatchObject(refused);
        expect(await stand.get(ada, key.id)).toEqual(key);
      }
      const { key } = await stand.create(ada, within);
      expect((await stand.rotate(byKey, key.id)).key.revision).toBe(1);
    });

    it('lifts no limits with the help of a limited one', async () => {
      const byKey = await issuer({ rateLimit: { requests: 1, windowSeconds: 1 } });
      const keyId = byKey.keyId as string;
      await expect(stand.create(byKey, { permissions: ['runs:create'] })).rejects.toMatchObject(refused);
      await expect(stand.update(byKey, { keyId, rateLimit: null })).rejects.toMatchObject(refused);
      await expect(stand.update(byKey, { keyId, quota: { daily: 1 } })).rejects.toMatchObject(refused);
      expect((await stand.update(byKey, { keyId, name: 'same' })).rateLimit).toEqual({ requests: 1, windowSeconds: 1 });
    });
  });

  it('ends at once when somebody reports it, whoever holds it', async () => {
    const { key, secret } = await stand.create(ada);
    const root = person([...rolePermissions.owner, 'keys:report']);
    const report = (text: string, caller = root) => stand.gateway.call(reportKey, { hash: hashKey(text) }, { caller });
    await expect(report(secret, ada)).rejects.toMatchObject(refused);
    expect(await report('fk_unknown')).toEqual({ disabled: null });
    expect(await report(secret)).toEqual({ disabled: { keyId: key.id, revision: 1 } });
    expect(await stand.factsOf(secret)).toMatchObject({ enabled: false, revision: 1 });
    expect(stand.news).toEqual([{ keyId: key.id, revision: 1 }]);
    const last = (await stand.recorded()).at(-1);
    expect(last).toMatchObject({ action: 'key.reported', actorId: root.userId, workspaceId: ada.workspaceId });
  });

  it('ends with many others at once', async () => {
    const ids: string[] = [];
    for (let number = 0; number < 120; number++) ids.push((await stand.create(ada)).key.id);
    const kept = ids.pop() as string;
    const foreign = (await stand.create(person())).key.id;
    const keyIds = [...ids, ids[0] as string, foreign, randomUUID()];
    const { deleted } = await stand.gateway.call(deleteKeys, { keyIds }, { caller: ada });
    expect(deleted.map(({ keyId }) => keyId).sort()).toEqual([...ids].sort());
    expect(stand.news).toHaveLength(119);
    expect((await stand.list(ada)).keys.map(({ id }) => id)).toEqual([kept]);
    expect((await stand.recorded()).filter(({ action }) => action === 'key.deleted')).toHaveLength(119);
  });

  describe('in a list', () => {
    it('is found by the beginning of its name or of the key', async () => {
      const { key: first } = await stand.create(ada, { name: 'Build 100%' });
      const { key: second } = await stand.create(ada, { name: 'build_server' });
      await stand.create(ada, { name: null });
      const found = async (search: string) => (await stand.list(ada, { search })).keys.map(({ id }) => id);
      expect(await found('BUILD')).toEqual([second.id, first.id]);
      expect(await found('build 100%')).toEqual([first.id]);
      expect(await found('build_')).toEqual([second.id]);
      expect(await found('%')).toEqual([]);
      expect(await found('\\')).toEqual([]);
      expect(await found(first.prefix)).toContain(first.id);
    });

    it('is found once, whatever signs its name has', async () => {
      const names = [
        '\u{d7ff}',
        '\u{d7ff}a',
        '\u{e000}',
        '\u{10ffff}',
        '\u{10ffff}\u{10ffff}',
        'Émile',
        'émilie',
        'emil',
      ];
      for (const name of names) await stand.create(ada, { name });
      const found = async (search: string) => {
        const { keys, total } = await stand.list(ada, { search });
        expect(total).toBe(keys.length);
        return keys.map(({ name }) => name).sort();
      };
      expect(await found('\u{d7ff}')).toEqual(['\u{d7ff}', '\u{d7ff}a']);
      expect(await found('\u{10ffff}')).toEqual(['\u{10ffff}', '\u{10ffff}\u{10ffff}']);
      expect(await found('ÉMIL')).toEqual(['Émile', 'émilie'].sort());
      expect(await found('emil')).toEqual(['emil']);
      const { key } = await stand.create(ada);
      const common = key.prefix.slice(0, 3);
      await stand.create(ada, { name: `${common} named like a key` });
      expect(await found(common)).toHaveLength(names.length + 2);
    });

    it('has its place, counted from the newest, and all are counted', async () => {
      const ids: string[] = [];
      for (let number = 0; number < 7; number++) ids.unshift((await stand.create(ada)).key.id);
      await stand.create(person());
      for (let skip = 0; skip < 9; skip++) {
        const page = await stand.list(ada, { skip, take: 3 });
        expect(page.keys.map(({ id }) => id)).toEqual(ids.slice(skip, skip + 3));
        expect(page.total).toBe(7);
        expect(page.next === null).toBe(skip + 3 >= 7);
      }
      const keyIds = ids.splice(0, 5);
      await stand.gateway.call(deleteKeys, { keyIds }, { caller: ada });
      expect((await stand.list(ada, { skip: 1, take: 1 })).keys.map(({ id }) => id)).toEqual([ids[1]]);
      expect((await stand.list(ada)).total).toBe(2);
      await stand.gateway.call(deleteKeys, { keyIds: ids }, { caller: ada });
      expect(await stand.list(ada)).toEqual({ total: 0, keys: [], next: null });
    });

    it('comes page by page, while others are made', async () => {
      const ids: string[] = [];
      for (let number = 0; number < 5; number++) {
        ids.unshift((await stand.create(ada)).key.id);
        if (number % 2 === 0) await stand.clock.advance(1);
      }
      const seen: string[] = [];
      let after: string | undefined;
      do {
        const page = await stand.list(ada, { take: 2, ...(after === undefined ? {} : { after }) });
        seen.push(...page.keys.map(({ id }) => id));
        if (after === undefined) await stand.create(ada);
        after = page.next ?? undefined;
      } while (after !== undefined);
      expect(seen).toEqual(ids);
    });

    it('can be asked for when it lies idle', async () => {
      const { key: used } = await stand.create(ada);
      const { key: idle } = await stand.create(ada);
      await stand.clock.advance(40 * dayMs);
      const { key: young } = await stand.create(ada);
      const use = { keyId: used.id, uses: 1, lastUsedAt: stand.clock.now() };
      await stand.report({ gatewayId: randomUUID(), sequence: 1, deltas: [use] });
      const report = await stand.list(ada, { unusedSince: stand.clock.now() - 30 * dayMs });
      expect(report).toMatchObject({ total: 1, keys: [{ id: idle.id }] });
      expect((await stand.list(ada)).keys.map(({ id }) => id)).toEqual([young.id, idle.id, used.id]);
    });
  });

  describe('where the operator bounds it', () => {
    beforeEach(async () => {
      await stand.stop();
      stand = await keyManagementStand(dialect, 30);
    });

    it('ends then, if not before', async () => {
      const now = stand.clock.now();
      const latest = now + 30 * dayMs;
      const { key } = await stand.create(ada);
      expect(key.expiresAt).toBe(latest);
      expect((await stand.create(ada, { expiresAt: now + 1 })).key.expiresAt).toBe(now + 1);
      const tooLate = { code: 'invalid_request', issues: [{ path: ['expiresAt'] }] };
      await expect(stand.create(ada, { expiresAt: latest + 1 })).rejects.toMatchObject(tooLate);
      await stand.clock.advance(dayMs);
      await expect(stand.update(ada, { keyId: key.id, expiresAt: latest + 1 })).rejects.toMatchObject(tooLate);
      expect((await stand.update(ada, { keyId: key.id, expiresAt: null })).expiresAt).toBe(latest);
      await stand.rotate(ada, key.id);
      expect((await stand.update(ada, { keyId: key.id, expiresAt: null })).expiresAt).toBe(latest + dayMs);
    });
  });
});
