import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { systemContext } from '@flowkeep/bus';
import { createVariable, keepFlowSecrets, listVariables, resolve, updateVariable } from '@flowkeep/contracts';
import { describeOnDialects } from '@flowkeep/testing';
import { callerOf, openVault, until, type Vault } from './vault.spec-stand.ts';

interface VariableRow {
  readonly id: string;
  readonly name: string;
  readonly ciphertext: string;
  readonly data_key_id: string;
}

await describeOnDialects('values that were tampered with', (dialect) => {
  const caller = callerOf();
  const { workspaceId } = caller;
  const flowId = randomUUID();
  let vault: Vault;

  beforeEach(async () => {
    vault = await openVault(dialect);
    for (const name of ['GOOD', 'BAD', 'OTHER']) {
      await vault.gateway.call(createVariable, { name, value: `value of ${name}` }, { caller });
    }
  });
  afterEach(() => vault.close());

  const row = async (name: string) =>
    (await vault.rowsOf<VariableRow>('variable')).find((each) => each.name === name) as VariableRow;
  const set = (name: string, column: 'ciphertext' | 'data_key_id', value: string) =>
    vault.change(`update variable set ${column} = $1 where name = $2`, [value, name]);
  const flip = (text: string, at: number) => {
    const bytes = Buffer.from(text, 'base64url');
    bytes[at] = (bytes.at(at) as number) ^ 1;
    return bytes.toString('base64url');
  };

  it.each<[string, () => Promise<unknown>]>([
    ['a flipped bit', async () => set('BAD', 'ciphertext', flip((await row('BAD')).ciphertext, 20))],
    [
      'a flipped bit at the end',
      async () => {
        const { ciphertext } = await row('BAD');
        const last = Buffer.from(ciphertext, 'base64url').length - 1;
        return set('BAD', 'ciphertext', flip(ciphertext, last));
      },
    ],
    [
      'an unknown version',
      async () => {
        const bytes = Buffer.from((await row('BAD')).ciphertext, 'base64url');
        bytes[0] = 2;
        return set('BAD', 'ciphertext', bytes.toString('base64url'));
      },
    ],
    ['a part missing', async () => set('BAD', 'ciphertext', (await row('BAD')).ciphertext.slice(0, -5))],
    ['nothing left', () => set('BAD', 'ciphertext', '')],
    ['something else altogether', () => set('BAD', 'ciphertext', '{"not": "sealed"} ü')],
    ["another row's value", async () => set('BAD', 'ciphertext', (await row('OTHER')).ciphertext)],
    ['a key that does not exist', () => set('BAD', 'data_key_id', randomUUID())],
    [
      "the services' own key",
      async () => {
        const keys = await vault.rowsOf<{ id: string; workspace_id: string | null }>('data_key');
        return set('BAD', 'data_key_id', keys.find((key) => key.workspace_id === null)?.id as string);
      },
    ],
  ])('are named after %s, recorded once, and affect no other', async (_, tamper) => {
    await tamper();
    const request = { workspaceId, flowId, variables: ['GOOD', 'BAD', 'OTHER'], secretIds: [] };
    for (let times = 0; times < 3; times++) {
      const reply = await vault.runner.call(resolve, request, systemContext);
      expect(reply.unreadable).toEqual(['BAD']);
      expect(reply.variables.map(({ name, value }) => [name, value]).toSorted()).toEqual([
        ['GOOD', 'value of GOOD'],
        ['OTHER', 'value of OTHER'],
      ]);
    }
    const { variables } = await vault.gateway.call(listVariables, {}, { caller });
    expect(variables.map(({ name, fingerprint }) => [name, fingerprint === null])).toEqual([
      ['BAD', true],
      ['GOOD', false],
      ['OTHER', false],
    ]);
    const { id } = await row('BAD');
    const events = await until(async () => {
      const found = await vault.events('variable.unreadable');
      return found.length > 0 ? found : undefined;
    });
    expect(events?.map(({ subjectId, details }) => [subjectId, details])).toEqual([[id, { name: 'BAD' }]]);
    expect(vault.log.text()).not.toMatch(/value of|EnvelopeError/);
    // Setting it again mends it.
    await vault.gateway.call(updateVariable, { variableId: id, value: 'mended' }, { caller });
    const mended = await vault.runner.call(resolve, { ...request, variables: ['BAD'] }, systemContext);
    expect(mended).toMatchObject({ unreadable: [], variables: [{ value: 'mended' }] });
  });

  it('do not open when two rows swapped them', async () => {
    const [one, other] = [await row('BAD'), await row('OTHER')];
    await set('BAD', 'ciphertext', other.ciphertext);
    await set('OTHER', 'ciphertext', one.ciphertext);
    const request = { workspaceId, flowId, variables: ['GOOD', 'BAD', 'OTHER'], secretIds: [] };
    const reply = await vault.runner.call(resolve, request, systemContext);
    expect(reply.unreadable.toSorted()).toEqual(['BAD', 'OTHER']);
    expect(reply.variables).toHaveLength(1);
  });

  it('do not open as a secret of a flow, nor the other way round', async () => {
    const id = randomUUID();
    const secrets = [{ id, nodeId: 'n', field: 'f', value: 'secret of a flow' }];
    await vault.runner.call(keepFlowSecrets, { workspaceId, flowId, secrets }, systemContext);
    const [secret] = await vault.rowsOf<VariableRow>('flow_secret');
    const bad = await row('BAD');
    await set('BAD', 'ciphertext', (secret as VariableRow).ciphertext);
    await vault.change('update flow_secret set ciphertext = $1', [bad.ciphertext]);
    const request = { workspaceId, flowId, variables: ['BAD'], secretIds: [id] };
    expect(await vault.runner.call(resolve, request, systemContext)).toMatchObject({ unreadable: ['BAD', id] });
  });
});

await describeOnDialects('what variables may be called and hold', (dialect) => {
  const caller = callerOf();
  let vault: Vault;

  beforeEach(async () => {
    vault = await openVault(dialect);
  });
  afterEach(() => vault.close());

  const create = (name: string, value = 'x') => vault.gateway.call(createVariable, { name, value }, { caller });
  const read = async (name: string) => {
    const request = { workspaceId: caller.workspaceId, flowId: randomUUID(), variables: [name], secretIds: [] };
    return (await vault.runner.call(resolve, request, systemContext)).variables[0]?.value;
  };

  it.each([
    ['with spaces inside'],
    ['schlüssel für ärger'],
    ['密钥'],
    ['🔑🔑'],
    ["'; drop table variable; --"],
    ['$1 %s {name}'],
    ['__proto__'],
    ['a'.repeat(255)],
  ])('is %j', async (name) => {
    await create(name, 'found');
    expect(await read(name)).toBe('found');
  });

  it.each([[''], ['   '], ['a'.repeat(256)], ['a'.repeat(10_000)], ['a\0b'], ['\ud800']])('is not %j', async (name) => {
    const error = await create(name).catch((refusal: unknown) => refusal);
    expect(error).toMatchObject({ code: 'invalid_request', issues: [expect.objectContaining({ path: ['name'] })] });
    expect(await vault.rows('variable')).toEqual([]);
  });

  it('is up to a megabyte, whole', async () => {
    const largest = 'ü'.repeat(512 * 1024).padEnd(1_048_576, 'x');
    await create('LARGE', largest);
    expect((await read('LARGE')) === largest).toBe(true);
    await expect(create('LARGER', `${largest}x`)).rejects.toMatchObject({ code: 'invalid_request' });
    await expect(create('EMPTY', '')).rejects.toMatchObject({ code: 'invalid_request' });
  });

  it('is one of each name, however many are made at once', async () => {
    const names = Array.from({ length: 40 }, (_, index) => `NAME ${index % 4}`);
    const made = await Promise.allSettled(names.map((name, index) => create(name, `${index}`)));
    expect(made.filter(({ status }) => status === 'fulfilled')).toHaveLength(4);
    for (const outcome of made) {
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'name_taken' });
    }
    expect(await vault.rows('variable')).toHaveLength(4);
    expect(await vault.events('variable.created')).toHaveLength(4);
  });
});
