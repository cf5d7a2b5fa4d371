import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { systemContext } from '@flowkeep/bus';
import {
  createVariable,
  listVariables,
  type Permission,
  type RequestInput,
  resolve,
  rolePermissions,
  rotateDataKeys,
  rotationStatus,
  toRights,
  updateVariable,
} from '@flowkeep/contracts';
import { describeOnDialects } from '@flowkeep/testing';
import { administrator, callerOf, openVault, until, type Vault } from '../vault.spec-stand.ts';

await describeOnDialects('a variable that refers to a value', (dialect) => {
  const callerWith = (...permissions: readonly Permission[]) => callerOf({ rights: [...toRights(permissions)] });
  const caller = callerWith(...administrator, 'credentials:view', 'credentials:reference');
  const { workspaceId } = caller;
  let root: string;
  let granted: string;
  let vault: Vault;
  let environment: Map<string, string>;

  beforeEach(async () => {
    root = mkdtempSync(join(tmpdir(), 'flowkeep-references-'));
    granted = join(root, 'granted');
    for (const directory of [granted, join(root, 'data'), join(root, 'other')]) mkdirSync(directory);
    environment = new Map([
      ['SHARED', 'shared value'],
      ['MINE', 'my value'],
    ]);
    vault = await openVault(dialect, {
      references: {
        grants: {
          '*': { env: ['SHARED'], directories: [] },
          [workspaceId]: { env: ['MINE', 'UNSET'], directories: [granted, join(root, 'data')] },
        },
        environment,
        dataDir: join(root, 'data'),
        secretFiles: [join(granted, 'secret_key'), join(granted, 'gone')],
      },
    });
  });
  afterEach(async () => {
    await vault.close();
    rmSync(root, { recursive: true });
  });

  const create = (request: Omit<RequestInput<typeof createVariable>, 'name'> & { name?: string }, who = caller) =>
    vault.gateway.call(createVariable, { name: 'REF', ...request }, { caller: who });
  const list = async (who = caller) => (await vault.gateway.call(listVariables, {}, { caller: who })).variables;
  const read = async (about: { workspaceId?: string } = {}) => {
    const request = { workspaceId, flowId: randomUUID(), variables: ['REF'], secretIds: [], ...about };
    const { variables, unreadable } = await vault.runner.call(resolve, request, systemContext);
    return variables[0]?.value ?? (unreadable.length > 0 ? 'unreadable' : null);
  };
  const file = (name: string, content: string | Uint8Array) => {
    const path = join(granted, name);
    writeFileSync(path, content);
    return `file:${path}`;
  };

  it('gets it at each use, and stores nothing of it', async () => {
    const made = await create({ reference: 'env:MINE' });
    expect(made).toMatchObject({ kind: 'credential', source: 'reference', reference: 'env:MINE', value: null });
    expect(await read()).toBe('my value');
    environment.set('MINE', 'another value');
    expect(await read()).toBe('another value');
    const tables = JSON.stringify([await vault.rows('variable'), await vault.rows('outbox')]);
    expect(tables).not.toMatch(/my value|another value|env:MINE/);
    expect(await list()).toEqual([expect.objectContaining({ source: 'reference', reference: 'env:MINE' })]);
    const [seen] = await list({ ...caller, rights: [...toRights(administrator)] });
    expect(seen).toMatchObject({ source: 'reference', reference: null, value: null });
  });

  it('reads files of granted directories, also through links, without the line break at the end', async () => {
    await create({ reference: file('token', 'line 1\nlïne 2\r\n') });
    expect(await read()).toBe('line 1\nlïne 2');
    // As orchestrators replace secrets: a link to a directory that changes.
    mkdirSync(join(granted, 'v1'));
    writeFileSync(join(granted, 'v1', 'key'), 'first');
    symlinkSync('v1', join(granted, 'current'));
    const { id } = (await list())[0] as { id: string };
    const reference = `file:${join(granted, 'current', 'key')}`;
    await vault.gateway.call(updateVariable, { variableId: id, reference }, { caller });
    expect(await read()).toBe('first');
    writeFileSync(join(granted, 'v1', 'key'), 'second');
    expect(await read()).toBe('second');
  });

  it('reads nothing else', async () => {
    const secret = 'canary-of-a-file';
    for (const path of ['other/file', 'data/vault.db', 'granted/secret_key']) writeFileSync(join(root, path), secret);
    symlinkSync(join(root, 'other', 'file'), join(granted, 'link'));
    symlinkSync(join(root, 'other'), join(granted, 'linked'));
    linkSync(join(granted, 'secret_key'), join(granted, 'hard'));
    execFileSync('mkfifo', [join(granted, 'pipe')]);
    mkdirSync(join(granted, 'directory'));
    const references = [
      `file:${join(granted, 'link')}`,
      `file:${join(granted, 'linked', 'file')}`,
      `file:${join(granted, 'hard')}`,
      `file:${join(granted, 'secret_key')}`,
      `file:${join(granted, 'pipe')}`,
      `file:${join(granted, 'directory')}`,
      `file:${join(granted, 'missing')}`,
      `file:${join(root, 'data', 'vault.db')}`,
      file('large', 'x'.repeat(64 * 1024 + 1)),
      file('binary', Buffer.of(0xff, 0xfe)),
      file('empty', '\n'),
      'env:UNSET',
    ];
    const { id } = await create({ reference: 'env:MINE' });
    for (const reference of references) {
      await vault.gateway.call(updateVariable, { variableId: id, reference }, { caller });
      expect([reference, await read()]).toEqual([reference, 'unreadable']);
    }
    expect(JSON.stringify([vault.log.text(), await vault.events()])).not.toMatch(/canary-of-a-file|granted/);
    expect(await vault.events('variable.unreadable')).not.toEqual([]);
    await vault.gateway.call(
      updateVariable,
      { variableId: id, reference: file('limit', 'x'.repeat(64 * 1024)) },
      { caller },
    );
    expect(await read()).toHaveLength(64 * 1024);
  });

  it('is refused without a grant, also one that was taken away', async () => {
    const references = [
      'env:PATH',
      'env:mine',
      `file:${join(root, 'other', 'file')}`,
      `file:${granted}/../other/file`,
      `file:${granted}`,
      `file:${granted}-not`,
      'file:/etc/passwd',
    ];
    for (const reference of references) {
      await expect(create({ reference })).rejects.toMatchObject({ code: 'reference_refused' });
    }
    const stranger = { ...caller, workspaceId: randomUUID() };
    await expect(create({ reference: 'env:MINE' }, stranger)).rejects.toMatchObject({ code: 'reference_refused' });
    await create({ reference: 'env:SHARED' }, stranger);
    expect(await read({ workspaceId: stranger.workspaceId })).toBe('shared value');

    await create({ reference: 'env:MINE' });
    const later = await openVault(dialect, {}, { secretKeys: [vault.secretKey], test: vault.test });
    const request = { workspaceId, flowId: randomUUID(), variables: ['REF'], secretIds: [] };
    expect(await later.runner.call(resolve, request, systemContext)).toMatchObject({ unreadable: ['REF'] });
    await later.close();
  });

  it('is for those who may refer, and for credentials', async () => {
    const editor = callerOf({ workspaceId, rights: [...toRights(rolePermissions.editor)] });
    await expect(create({ reference: 'env:MINE' }, editor)).rejects.toMatchObject({ code: 'insufficient_permission' });
    const { id } = await create({ value: 'x', name: 'PLAIN' }, editor);
    const change = vault.gateway.call(updateVariable, { variableId: id, reference: 'env:MINE' }, { caller: editor });
    await expect(change).rejects.toMatchObject({ code: 'insufficient_permission' });
    for (const request of [
      {},
      { value: 'x', reference: 'env:MINE' },
      { reference: 'env:MINE', kind: 'generic' as const },
    ]) {
      await expect(create(request)).rejects.toMatchObject({ code: 'invalid_request' });
    }
    for (const reference of ['MINE', 'env:', 'env:A-B', 'file:relative', 'http://x', 'file:/x\0']) {
      await expect(create({ reference })).rejects.toMatchObject({ code: 'invalid_request' });
    }
    expect((await list()).map(({ name }) => name)).toEqual(['PLAIN']);
  });

  it('becomes one with a value, and back; neither opens as the other', async () => {
    const { id } = await create({ reference: 'env:MINE' });
    await vault.gateway.call(updateVariable, { variableId: id, value: 'own' }, { caller });
    expect(await read()).toBe('own');
    expect((await list())[0]).toMatchObject({ source: 'value', reference: null });
    // A value that looks like a reference is none, even when its row says so.
    await vault.gateway.call(updateVariable, { variableId: id, value: 'env:MINE' }, { caller });
    expect(await read()).toBe('env:MINE');
    await vault.change("update variable set source = 'reference'");
    expect(await read()).toBe('unreadable');
  });

  it('survives a change of data keys', async () => {
    await create({ reference: 'env:MINE' });
    await vault.gateway.call(rotateDataKeys, {}, { caller });
    const done = await until(async () => {
      const { rotation } = await vault.gateway.call(rotationStatus, {}, { caller });
      return rotation?.state === 'running' ? undefined : rotation;
    });
    expect(done).toMatchObject({ state: 'finished', done: 1 });
    expect(await read()).toBe('my value');
  });
});
