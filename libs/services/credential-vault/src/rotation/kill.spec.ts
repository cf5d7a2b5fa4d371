import { execFile, spawnSync } from 'node:child_process';
import { randomInt, randomUUID } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, jest } from '@jest/globals';
import { systemContext } from '@flowkeep/bus';
import { processEnvironment, type SecretKey } from '@flowkeep/config';
import {
  createVariable,
  keepFlowSecrets,
  keepSystemSecret,
  readSystemSecret,
  resolve,
  type Rotation,
  rotateSecretKey,
  rotationStatus,
  toRights,
} from '@flowkeep/contracts';
import type { DatabaseLocation } from '@flowkeep/persistence';
import { describeOnDialects } from '@flowkeep/testing';
import { administrator, callerOf, newSecretKey, openVault, until, type Vault } from '../vault.spec-stand.ts';

/** What a process is told that rotates keys and is killed on the way. */
export interface KilledProcess {
  readonly location: DatabaseLocation;
  readonly secretKeys: readonly SecretKey[];
  readonly kind: Rotation['kind'];
  /** The step at which it dies; none when absent. */
  readonly killAt?: number;
}

jest.setTimeout(180_000);

const rounds = 10;
const workspace = process.cwd();
const directory = join(workspace, 'dist', `killed-process-${randomUUID()}`);
const program = join(directory, 'main.mjs');

/** Says the same again: `FLOWKEEP_TEST_SEED`. */
const seed = Number(processEnvironment()['FLOWKEEP_TEST_SEED'] ?? randomInt(2 ** 31));

/** Numbers from 1 to `most`, the same for the same seed. */
function numbers(from: number): (most: number) => number {
  let state = from;
  return (most) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return 1 + Math.floor((state / 2 ** 32) * most);
  };
}

beforeAll(() => {
  // Inside the workspace, so that packages are found; its own process: see the worker pool's test.
  mkdirSync(directory, { recursive: true });
  const config = join(directory, 'rolldown.config.mjs');
  const entry = join(workspace, 'libs/services/credential-vault/src/rotation/killed-process.spec-stand.ts');
  writeFileSync(
    config,
    `export default {
      input: ${JSON.stringify(entry)}, platform: 'node', tsconfig: ${JSON.stringify(join(workspace, 'tsconfig.base.json'))},
      external: (id) => !/^[.\\0/]/.test(id) && !id.startsWith('@flowkeep/') && !id.startsWith('@oxc-project/'),
      output: { file: ${JSON.stringify(program)}, format: 'esm' },
    };`,
  );
  const built = spawnSync(process.execPath, ['node_modules/rolldown/bin/cli.mjs', '-c', config], { encoding: 'utf8' });
  if (built.status !== 0) throw new Error(built.stderr);
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Runs such a process; how it ended and how many steps it took. */
function run(told: KilledProcess): Promise<{ killed: boolean; steps: number }> {
  return new Promise((done, fail) => {
    execFile(process.execPath, ['--no-warnings', program, JSON.stringify(told)], (error, stdout, stderr) => {
      if (error?.signal === 'SIGKILL') done({ killed: true, steps: 0 });
      else if (error === null) done({ killed: false, ...(JSON.parse(stdout) as { steps: number }) });
      else fail(new Error(`${stdout}${stderr}`));
    });
  });
}

await describeOnDialects('a change of keys that is killed', (dialect) => {
  const caller = callerOf({ rights: [...toRights(administrator)] });
  const workspaceIds = [caller.workspaceId, randomUUID(), randomUUID()];
  const flowId = randomUUID();
  const secretIds = Array.from({ length: 20 }, () => randomUUID());
  const names = Array.from({ length: 30 }, (_, index) => `V${index}`);
  let first: Vault;
  let keys: SecretKey[];
  let location: DatabaseLocation;

  beforeEach(async () => {
    keys = [newSecretKey()];
    first = await openVault(dialect, {}, { secretKeys: keys });
    // Without clock and logger, which no other process can be given.
    location = JSON.parse(
      JSON.stringify({ ...first.test.options, clock: undefined, logger: undefined }),
    ) as DatabaseLocation;
    for (const workspaceId of workspaceIds) {
      const who = { ...caller, workspaceId };
      for (const name of names) {
        await first.gateway.call(createVariable, { name, value: `${name} of ${workspaceId}` }, { caller: who });
      }
    }
    const secrets = secretIds.map((id) => ({ id, nodeId: 'n', field: 'f', value: `secret ${id}` }));
    await first.runner.call(keepFlowSecrets, { workspaceId: caller.workspaceId, flowId, secrets }, systemContext);
    await first.identity.call(keepSystemSecret, { name: 'n', value: 'system' }, systemContext);
  });
  afterEach(() => first.close());

  async function expectEverything(vault: Vault): Promise<void> {
    for (const workspaceId of workspaceIds) {
      const own = workspaceId === caller.workspaceId ? secretIds : [];
      const request = { workspaceId, flowId, variables: names, secretIds: own };
      const reply = await vault.runner.call(resolve, request, systemContext);
      expect(reply.unreadable).toEqual([]);
      expect(new Map(reply.variables.map(({ name, value }) => [name, value]))).toEqual(
        new Map(names.map((name) => [name, `${name} of ${workspaceId}`])),
      );
      expect(new Map(reply.secrets.map(({ id, value }) => [id, value]))).toEqual(
        new Map(own.map((id) => [id, `secret ${id}`])),
      );
    }
    expect(await vault.identity.call(readSystemSecret, { name: 'n' }, systemContext)).toEqual({ value: 'system' });
  }

  async function withVault(secretKeys: SecretKey[], work: (vault: Vault) => Promise<void>): Promise<void> {
    const vault = await openVault(dialect, {}, { secretKeys, test: first.test });
    try {
      await work(vault);
    } finally {
      await vault.close();
    }
  }

  const finish = async () => {
    const states = async () => {
      const rows = await first.rowsOf<{ state: string }>('rotation');
      return new Set(rows.map(({ state }) => state));
    };
    await until(async () => ((await states()).has('running') ? undefined : true));
    expect(await states()).toEqual(new Set(['finished']));
  };

  it(`at ${rounds} points loses nothing, and is finished after a restart (seed ${seed})`, async () => {
    const next = numbers(seed);
    const steps: Record<Rotation['kind'], number> = { 'secret-key': 0, 'data-keys': 0 };
    for (const kind of ['secret-key', 'data-keys'] as const) {
      keys = kind === 'secret-key' ? [newSecretKey(), ...keys.slice(0, 1)] : keys.slice(0, 1);
      steps[kind] = (await run({ location, secretKeys: keys, kind })).steps;
      expect(steps[kind]).toBeGreaterThan(10);
    }
    let killed = 0;
    for (let round = 0; round < rounds; round++) {
      const kind = round % 2 === 0 ? 'secret-key' : 'data-keys';
      const [old] = keys as [SecretKey];
      const secretKeys = kind === 'secret-key' ? [newSecretKey(), old] : [old];
      const killAt = next(steps[kind]);
      const outcome = await run({ location, secretKeys, kind, killAt });
      if (outcome.killed) killed++;
      const took = (await first.rowsOf<{ role: string | null }>('secret_key')).filter(({ role }) => role === null);
      // Before the new key took over the way back is open.
      if (took.length === Math.floor(round / 2) + 1) await withVault([old], expectEverything);
      await withVault(secretKeys, async (vault) => {
        await expectEverything(vault);
        await finish();
        const { secretKey } = await vault.gateway.call(rotationStatus, {}, { caller });
        // Killed before it was written down that it begins: then there is nothing to go on with.
        if (!secretKey.configured) {
          await vault.gateway.call(rotateSecretKey, {}, { caller });
          await finish();
        }
        await expectEverything(vault);
      });
      keys = secretKeys;
    }
    expect(killed).toBe(rounds);
    await withVault(keys.slice(0, 1), expectEverything);
  });
});
