import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { systemContext } from '@flowkeep/bus';
import type { SecretKey } from '@flowkeep/config';
import {
  createVariable,
  keepSystemSecret,
  readSystemSecret,
  resolve,
  rotateSecretKey,
  rotationStatus,
  toRights,
} from '@flowkeep/contracts';
import { describeOnDialects } from '@flowkeep/testing';
import { SecretKeyRotation } from './secret-key-rotation.ts';
import { administrator, callerOf, newSecretKey, openVault, until, type Vault } from '../vault.spec-stand.ts';

const previous = (key: SecretKey): SecretKey => ({ ...key, source: 'FLOWKEEP_PREVIOUS_SECRET_KEYS' });

await describeOnDialects('a change of the secret key', (dialect) => {
  const [old, fresh, third] = [newSecretKey(), newSecretKey(), newSecretKey()];
  const caller = callerOf({ rights: [...toRights(administrator)] });
  let first: Vault;
  let opened: Vault[];

  beforeEach(async () => {
    first = await openVault(dialect, {}, { secretKeys: [old] });
    opened = [];
  });
  afterEach(async () => {
    for (const vault of opened) await vault.close();
    await first.close();
  });

  /** The vault started anew, or another instance of it, with these secret keys. */
  async function restart(...secretKeys: SecretKey[]): Promise<Vault> {
    const vault = await openVault(dialect, {}, { secretKeys, test: first.test });
    opened.push(vault);
    return vault;
  }

  const create = (vault: Vault, name: string, value: string, workspaceId = caller.workspaceId) =>
    vault.gateway.call(createVariable, { name, value }, { caller: { ...caller, workspaceId } });
  const read = async (vault: Vault, name: string, workspaceId = caller.workspaceId) => {
    const request = { workspaceId, flowId: randomUUID(), variables: [name], secretIds: [] };
    return (await vault.runner.call(resolve, request, systemContext)).variables[0]?.value;
  };
  let moment = 0;
  /** Each a millisecond after the one before. */
  const start = async (vault: Vault) => {
    await vault.clock.advance(++moment);
    return vault.gateway.call(rotateSecretKey, {}, { caller });
  };
  const status = (vault: Vault) => vault.gateway.call(rotationStatus, {}, { caller });
  const finish = (vault: Vault) =>
    until(async () => {
      const { rotation } = await status(vault);
      return rotation?.state === 'running' ? undefined : rotation;
    });
  /** Brings a change as far as a kill just before the new key takes over. */
  const rewrap = async (vault: Vault) => {
    const rotation = await vault.begin('secret-key');
    let pages = 0;
    const throwIfAborted = () => {
      if (pages++ > 0) throw new Error('killed');
    };
    const run = vault.get(SecretKeyRotation).run(rotation, { throwIfAborted } as AbortSignal);
    await expect(run).rejects.toThrow('killed');
    return rotation;
  };
  const wrapsBy = async () => {
    const wraps = (await first.rowsOf<{ secret_key_id: string }>('data_key_wrap')).map((wrap) => wrap.secret_key_id);
    return [...new Set(wraps)].map((id) => [id, wraps.filter((other) => other === id).length]);
  };

  it('wraps every data key anew and touches no value, while everything is served', async () => {
    const workspaces = Array.from({ length: 250 }, () => randomUUID());
    for (const workspaceId of workspaces) await create(first, 'A', `value of ${workspaceId}`, workspaceId);
    await first.identity.call(keepSystemSecret, { name: 'n', value: 'system' }, systemContext);
    const before = await first.rows('variable');
    const vault = await restart(fresh, previous(old));
    expect(await status(vault)).toMatchObject({ secretKey: { configured: false }, rotation: null });
    const started = await start(vault);
    expect(started).toMatchObject({ kind: 'secret-key', state: 'running', total: 251, done: 0 });
    await create(vault, 'WRITTEN', 'meanwhile');
    expect(await read(vault, 'A', workspaces[7])).toBe(`value of ${workspaces[7] as string}`);
    const done = await finish(vault);
    expect(done).toMatchObject({ id: started.id, state: 'finished', unreadable: 0 });
    expect(done?.done).toBeGreaterThanOrEqual(251);
    const { secretKey } = await status(vault);
    expect(secretKey.configured).toBe(true);
    expect(await wrapsBy()).toEqual([[secretKey.id, 252]]);
    const after = await first.rows('variable');
    expect(after.filter(({ name }) => name === 'A')).toEqual(before);

    const later = await restart(fresh);
    for (const id of workspaces.slice(0, 20)) expect(await read(later, 'A', id)).toBe(`value of ${id}`);
    expect(await read(later, 'WRITTEN')).toBe('meanwhile');
    expect(await later.identity.call(readSystemSecret, { name: 'n' }, systemContext)).toEqual({ value: 'system' });
    const refusal = await restart(old).catch((error: unknown) => (error as Error).message);
    expect(refusal).toMatch(/^FLOWKEEP_SECRET_KEY does not open the data .* it was replaced by another one\./);
    const events = (await later.events()).filter(({ action }) => action.startsWith('vault.'));
    expect(events.map(({ action, actorId, subjectId }) => [action, actorId, subjectId])).toEqual([
      ['vault.rotation-started', caller.userId, started.id],
      ['vault.rotation-finished', null, started.id],
    ]);
  });

  it('is not needed without a new key, and needs the right to it', async () => {
    await expect(start(first)).rejects.toMatchObject({ code: 'rotation_unneeded' });
    const editor = callerOf();
    await expect(first.gateway.call(rotateSecretKey, {}, { caller: editor })).rejects.toMatchObject({
      code: 'insufficient_permission',
    });
  });

  it('leaves the way back until the new key took over', async () => {
    await create(first, 'A', 'value');
    const vault = await restart(fresh, previous(old));
    await rewrap(vault);
    expect((await wrapsBy()).map(([, count]) => count)).toEqual([2, 2]);
    const back = await restart(old);
    expect(await read(back, 'A')).toBe('value');
    await create(back, 'B', 'made after going back', randomUUID());
    // And forward again: what came into being meanwhile is brought along.
    const forward = await restart(fresh, previous(old));
    expect(await finish(forward)).toMatchObject({ state: 'finished' });
    expect(await wrapsBy()).toEqual([[(await status(forward)).secretKey.id, 3]]);
    expect(await read(await restart(fresh), 'A')).toBe('value');
  });

  it('refuses to start without the key before it while that is needed, and names the variable', async () => {
    await create(first, 'A', 'value');
    await restart(fresh, previous(old));
    const before = await first.rowsOf('data_key_wrap');
    const refusal = await restart(fresh).catch((error: unknown) => (error as Error).message);
    expect(refusal).toMatch(
      /^The change of the secret key to FLOWKEEP_SECRET_KEY is not finished, and FLOWKEEP_PREVIOUS_SECRET_KEYS does not have the key before it/,
    );
    await expect(restart(third, previous(fresh))).rejects.toThrow(
      /does not open the data .*FLOWKEEP_PREVIOUS_SECRET_KEYS/,
    );
    expect(await first.rowsOf('data_key_wrap')).toEqual(before);
    expect(await read(await restart(old), 'A')).toBe('value');
  });

  it('to one key gives way to one to another, also to staying with the first', async () => {
    await create(first, 'A', 'value');
    const vault = await restart(fresh, previous(old));
    const abandoned = await rewrap(vault);
    const other = await restart(third, previous(old));
    await start(other);
    expect(await finish(other)).toMatchObject({ state: 'finished', done: 2 });
    expect(await wrapsBy()).toEqual([[(await status(other)).secretKey.id, 2]]);
    expect((await other.events('vault.rotation-cancelled')).map(({ subjectId }) => subjectId)).toEqual([abandoned.id]);

    // Back to the first, whose record is there already.
    const back = await restart(old, previous(third));
    await start(back);
    expect(await finish(back)).toMatchObject({ state: 'finished' });
    expect(await read(await restart(old), 'A')).toBe('value');

    const undecided = await restart(fresh, previous(old));
    await undecided.begin('secret-key');
    const staying = await restart(old);
    await start(staying);
    expect(await finish(staying)).toMatchObject({ state: 'finished' });
    expect(await wrapsBy()).toEqual([[(await status(staying)).secretKey.id, 2]]);
    await expect(start(staying)).rejects.toMatchObject({ code: 'rotation_unneeded' });
  });

  it('goes past a data key that does not open, keeps it and says so', async () => {
    await create(first, 'A', 'value');
    const lost = randomUUID();
    await create(first, 'B', 'lost', lost);
    await first.change(
      'update data_key_wrap set wrapped = substr(wrapped, 1, 40) where data_key_id = (select id from data_key where workspace_id = $1)',
      [lost],
    );
    const vault = await restart(fresh, previous(old));
    await start(vault);
    expect(await finish(vault)).toMatchObject({ state: 'finished', done: 2, unreadable: 1 });
    expect(await first.rowsOf('data_key_wrap')).toHaveLength(3);
    expect(await read(await restart(fresh), 'A')).toBe('value');
  });

  it('is worked on by another instance when the one that began it is gone', async () => {
    await create(first, 'A', 'value');
    const vault = await restart(fresh, previous(old));
    const other = await restart(fresh, previous(old));
    await vault.begin('secret-key');
    await other.clock.advance(30_000);
    expect((await status(other)).rotation).toMatchObject({ state: 'running' });
    await other.clock.advance(30_000);
    expect(await finish(other)).toMatchObject({ state: 'finished' });
  });

  it('is refused by an instance that was not given the key, which serves what it has', async () => {
    await create(first, 'A', 'value');
    const vault = await restart(fresh, previous(old));
    await start(vault);
    await finish(vault);
    expect(await read(first, 'A')).toBe('value');
    await expect(create(first, 'B', 'x', randomUUID())).rejects.toMatchObject({ code: 'unavailable' });
  });
});
