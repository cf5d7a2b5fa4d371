import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { systemContext } from '@flowkeep/bus';
import {
  createVariable,
  deleteVariable,
  importEnvironment,
  listVariables,
  type RequestInput,
  resolve,
  secretsChanged,
  updateVariable,
} from '@flowkeep/contracts';
import { describeOnDialects, settle } from '@flowkeep/testing';
import { callerOf, openVault, until, type Vault } from '../vault.spec-stand.ts';

const canary = 'sk-canary-4d2e';

await describeOnDialects('variables', (dialect) => {
  let vault: Vault;
  const caller = callerOf();

  beforeEach(async () => {
    vault = await openVault(dialect);
  });
  afterEach(() => vault.close());

  const create = (request: Partial<RequestInput<typeof createVariable>> = {}, who = caller) =>
    vault.gateway.call(createVariable, { name: 'OPENAI_API_KEY', value: canary, ...request }, { caller: who });
  const list = async (who = caller) => (await vault.gateway.call(listVariables, {}, { caller: who })).variables;
  const update = (request: RequestInput<typeof updateVariable>, who = caller) =>
    vault.gateway.call(updateVariable, request, { caller: who });
  const value = async (name: string, workspaceId = caller.workspaceId) => {
    const request = { workspaceId, flowId: randomUUID(), variables: [name], secretIds: [] };
    const { variables, unreadable } = await vault.runner.call(resolve, request, systemContext);
    return variables[0]?.value ?? (unreadable.length > 0 ? 'unreadable' : null);
  };

  it('give a credential to runs only, and a generic value to readers too', async () => {
    const made = await create({ defaultFields: ['OpenAI API Key'] });
    expect(made).toMatchObject({ kind: 'credential', value: null, origin: 'person', lastUsedAt: null });
    await create({ name: 'PLAIN', value: 'wörld', kind: 'generic' });
    expect((await list()).map(({ name, value: shown, defaultFields }) => [name, shown, defaultFields])).toEqual([
      ['OPENAI_API_KEY', null, ['OpenAI API Key']],
      ['PLAIN', 'wörld', []],
    ]);
    expect(await value('OPENAI_API_KEY')).toBe(canary);
    expect(await value('PLAIN')).toBe('wörld');
  });

  it('are in no table in clear', async () => {
    await create();
    await create({ name: 'PLAIN', value: `${canary} too`, kind: 'generic' });
    const tables = await Promise.all(
      ['variable', 'data_key', 'outbox', 'secret_key'].map((table) => vault.rows(table)),
    );
    expect(JSON.stringify(tables)).not.toContain('canary-4d2e');
    expect(await vault.events()).toMatchObject([
      { action: 'variable.created', details: { name: 'OPENAI_API_KEY', kind: 'credential' } },
      { action: 'variable.created', details: { name: 'PLAIN', kind: 'generic' } },
    ]);
  });

  it("are nobody else's", async () => {
    const { id } = await create();
    const stranger = callerOf();
    expect(await list(stranger)).toEqual([]);
    expect(await value('OPENAI_API_KEY', stranger.workspaceId)).toBeNull();
    await expect(update({ variableId: id, value: 'x' }, stranger)).rejects.toMatchObject({
      code: 'variable_not_found',
    });
    const deletion = vault.gateway.call(deleteVariable, { variableId: id, force: true }, { caller: stranger });
    await expect(deletion).rejects.toMatchObject({ code: 'variable_not_found' });
    expect(await value('OPENAI_API_KEY')).toBe(canary);
    // The same name in another workspace is another variable.
    await create({ value: 'other' }, stranger);
    expect(await value('OPENAI_API_KEY')).toBe(canary);
  });

  it('have one name each, also when many ask for it at once', async () => {
    const outcomes = await Promise.allSettled(Array.from({ length: 8 }, () => create()));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'name_taken' });
    }
    expect(await vault.rows('data_key')).toHaveLength(2);
    const second = await create({ name: 'SECOND' });
    await expect(update({ variableId: second.id, name: 'OPENAI_API_KEY' })).rejects.toMatchObject({
      code: 'name_taken',
    });
  });

  it('change what is given and keep the rest', async () => {
    const { id, fingerprint } = await create({ defaultFields: ['A'] });
    const renamed = await update({ variableId: id, name: 'RENAMED' });
    expect(renamed).toMatchObject({ name: 'RENAMED', defaultFields: ['A'], fingerprint, value: null });
    const changed = await update({ variableId: id, value: 'new value', defaultFields: [] });
    expect(changed.fingerprint).not.toBe(fingerprint);
    expect((await list())[0]).toEqual(changed);
    expect(await value('RENAMED')).toBe('new value');
    expect(await value('OPENAI_API_KEY')).toBeNull();
  });

  it('are not made readable by whoever does not know the value', async () => {
    const { id } = await create();
    await expect(update({ variableId: id, kind: 'generic' })).rejects.toMatchObject({
      code: 'invalid_request',
      issues: [expect.objectContaining({ path: ['value'] })],
    });
    expect((await list())[0]).toMatchObject({ kind: 'credential', value: null });
    expect(await update({ variableId: id, kind: 'generic', value: 'known' })).toMatchObject({ value: 'known' });
  });

  it('tell that they changed, and when they were used', async () => {
    const news: unknown[] = [];
    vault.runner.on(secretsChanged, (payload) => news.push(payload));
    const { id } = await create();
    await update({ variableId: id, value: 'x' });
    await value('OPENAI_API_KEY');
    await vault.gateway.call(deleteVariable, { variableId: id, force: true }, { caller });
    await settle();
    expect(news).toEqual(Array.from({ length: 3 }, () => ({ workspaceIds: [caller.workspaceId] })));
  });

  it('say when they were used, written down once a minute', async () => {
    await create();
    await value('OPENAI_API_KEY');
    await vault.clock.advance(30_000);
    await value('OPENAI_API_KEY');
    const usedAt = vault.clock.now();
    await vault.clock.advance(29_999);
    expect((await list())[0]).toMatchObject({ lastUsedAt: null });
    await vault.clock.advance(1);
    expect(await until(async () => (await list())[0]?.lastUsedAt)).toBe(usedAt);
  });

  it('say so too when it could not be written at first', async () => {
    await create();
    await value('OPENAI_API_KEY');
    const usedAt = vault.clock.now();
    await vault.change('alter table variable rename column last_used_at to gone');
    await vault.clock.advance(60_000);
    await until(() => vault.log.lines.find(({ level }) => level === 'warn'));
    await vault.change('alter table variable rename column gone to last_used_at');
    expect(await vault.rows('variable')).toMatchObject([{ last_used_at: null }]);
    await vault.stop();
    expect(await vault.rows('variable')).toMatchObject([{ last_used_at: usedAt }]);
  });

  it('keep their name in the record of their end', async () => {
    const { id } = await create();
    await vault.gateway.call(deleteVariable, { variableId: id, force: true }, { caller });
    const events = await vault.events('variable.deleted');
    expect(events).toMatchObject([{ subjectId: id, actorId: caller.userId, details: { name: 'OPENAI_API_KEY' } }]);
    await expect(vault.gateway.call(deleteVariable, { variableId: id, force: true }, { caller })).rejects.toMatchObject(
      {
        code: 'variable_not_found',
      },
    );
  });

  it('with names no database stores are unknown, and others are found beside them', async () => {
    await create();
    const names = ['a\u0000b', '\ud800', 'OPENAI_API_KEY'];
    const request = { workspaceId: caller.workspaceId, flowId: randomUUID(), variables: names, secretIds: [] };
    const { variables } = await vault.runner.call(resolve, request, systemContext);
    expect(variables.map(({ name }) => name)).toEqual(['OPENAI_API_KEY']);
  });

  it('tell two values apart, and not more', async () => {
    const one = await create({ name: 'A', value: 'same' });
    const same = await create({ name: 'B', value: 'same' });
    const other = await create({ name: 'C', value: 'other' });
    const elsewhere = await create({ name: 'A', value: 'same' }, callerOf());
    expect(same.fingerprint).toBe(one.fingerprint);
    expect(other.fingerprint).not.toBe(one.fingerprint);
    expect(elsewhere.fingerprint).not.toBe(one.fingerprint);
  });

  describe('whose stored form was changed', () => {
    it.each<[string, (vault: Vault) => Promise<unknown>]>([
      [
        'a bit',
        (at) =>
          at.change(
            "update variable set ciphertext = substr(ciphertext, 1, 30) || 'AAAA' || substr(ciphertext, 35) where name = 'A'",
          ),
      ],
      ['its end', (at) => at.change("update variable set ciphertext = substr(ciphertext, 1, 20) where name = 'A'")],
      [
        'its format',
        (at) => at.change("update variable set ciphertext = 'Ag' || substr(ciphertext, 3) where name = 'A'"),
      ],
      [
        'its place',
        (at) =>
          at.change(
            "update variable set ciphertext = (select ciphertext from variable where name = 'B') where name = 'A'",
          ),
      ],
      ['its key', (at) => at.change('update variable set data_key_id = $1 where name = $2', [randomUUID(), 'A'])],
    ])('in %s are unreadable, and others are not', async (_what, damage) => {
      await create({ name: 'A', kind: 'generic' });
      await create({ name: 'B', kind: 'generic', value: 'fine' });
      await damage(vault);
      expect(await value('A')).toBe('unreadable');
      expect(await value('B')).toBe('fine');
      expect((await list()).map(({ value: shown, fingerprint }) => [shown, fingerprint === null])).toEqual([
        [null, true],
        ['fine', false],
      ]);
      const [broken] = await list();
      const event = await until(async () => (await vault.events('variable.unreadable'))[0]);
      expect(event).toMatchObject({ subjectId: broken?.id, details: { name: 'A' } });
      await update({ variableId: broken?.id as string, value: 'set again' });
      expect(await value('A')).toBe('set again');
      await vault.stop();
      expect(await vault.events('variable.unreadable')).toHaveLength(1);
    });
  });
});

await describeOnDialects('variables of the environment', (dialect) => {
  const { workspaceId, userId } = callerOf();
  const owner = callerOf({ workspaceId, userId });

  async function imported(vault: Vault) {
    return (await vault.identity.call(importEnvironment, { workspaceId, userId }, systemContext)).imported;
  }
  const resolved = async (vault: Vault, ...names: string[]) => {
    const request = { workspaceId, flowId: randomUUID(), variables: names, secretIds: [] };
    return (await vault.runner.call(resolve, request, systemContext)).variables.map(({ name, value }) => [name, value]);
  };

  it('come once, follow the environment, and never replace what a person set', async () => {
    const environment = new Map([
      ['OPENAI_API_KEY', 'sk-env'],
      ['GROQ_API_KEY', 'gsk-env'],
    ]);
    const vault = await openVault(dialect, { environment });
    expect(await imported(vault)).toBe(2);
    expect(await imported(vault)).toBe(0);
    environment.set('GROQ_API_KEY', 'gsk-newer');
    const { variables } = await vault.gateway.call(listVariables, {}, { caller: owner });
    expect(variables).toMatchObject([
      { name: 'GROQ_API_KEY', origin: 'environment', kind: 'credential', value: null },
      { name: 'OPENAI_API_KEY', origin: 'environment' },
    ]);
    const mine = { variableId: variables[1]?.id as string, value: 'sk-of-a-person' };
    await vault.gateway.call(updateVariable, mine, { caller: owner });
    environment.set('OPENAI_API_KEY', 'sk-env-newer');
    expect(await imported(vault)).toBe(1);
    expect(await resolved(vault, 'GROQ_API_KEY', 'OPENAI_API_KEY')).toEqual(
      expect.arrayContaining([
        ['GROQ_API_KEY', 'gsk-newer'],
        ['OPENAI_API_KEY', 'sk-of-a-person'],
      ]),
    );
    await vault.close();
  });

  it('stand in for what nobody stored only where that is wanted', async () => {
    const environment = new Map([['OPENAI_API_KEY', 'sk-env']]);
    for (const fallback of [false, true]) {
      const vault = await openVault(dialect, { environment, importing: false, fallback });
      expect(await imported(vault)).toBe(0);
      expect(await resolved(vault, 'OPENAI_API_KEY', 'PATH')).toEqual(fallback ? [['OPENAI_API_KEY', 'sk-env']] : []);
      await vault.gateway.call(createVariable, { name: 'OPENAI_API_KEY', value: 'stored' }, { caller: owner });
      expect(await resolved(vault, 'OPENAI_API_KEY')).toEqual([['OPENAI_API_KEY', 'stored']]);
      await vault.close();
    }
  });
});
