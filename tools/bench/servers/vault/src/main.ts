import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { connectInProcess, createBroker, systemContext } from '@flowkeep/bus';
import { readSettings, SystemClock } from '@flowkeep/config';
import {
  keepFlowSecrets,
  resolve,
  rotateDataKeys,
  rotationStatus,
  type ServiceName,
  toRights,
} from '@flowkeep/contracts';
// eslint-disable-next-line @nx/enforce-module-boundaries -- measured from inside, so that no edge is measured with it
import { credentialVaultDatabase, startCredentialVault } from '@flowkeep/credential-vault';
import { migrateServiceDatabase } from '@flowkeep/persistence';
import { PinoLogger } from '@flowkeep/telemetry';

/*
 * Measures a vault in this process, over the in-process bus, and prints the figures as JSON: what a run waits for its
 * credentials, alone and while all values are encrypted anew.
 */
const values = Number(process.argv[2]);
const perSecond = 500;
const asked = 10;
/** As many as a flow with several models and tools has. */
const perFlow = 20;

const directory = await mkdtemp(join(tmpdir(), 'flowkeep-bench-'));
const source = {
  FLOWKEEP_DATA_DIR: directory,
  FLOWKEEP_SECRET_KEY: randomBytes(32).toString('base64url'),
  FLOWKEEP_STORE_ENVIRONMENT_VARIABLES: 'false',
};
const { settings } = readSettings({ mode: 'standalone', sources: [source] });
const clock = new SystemClock();
const logger = new PinoLogger({ service: 'vault', level: 'error' });
await migrateServiceDatabase(credentialVaultDatabase, { settings, clock, logger });
const broker = createBroker({ prefix: 'bench' });
const connect = (service: ServiceName) => connectInProcess(broker, { service, clock, logger });
const [runner, gateway] = [connect('runner'), connect('gateway')];
const vault = await startCredentialVault({ settings, bus: connect('vault'), clock, logger });

const workspaceId = randomUUID();
const flows = Array.from({ length: values / perFlow }, () => ({
  flowId: randomUUID(),
  ids: Array.from({ length: perFlow }, () => randomUUID()),
}));
for (const { flowId, ids } of flows) {
  const secrets = ids.map((id) => ({
    id,
    nodeId: 'Model-1',
    field: 'api_key',
    value: JSON.stringify(`sk-${randomBytes(30).toString('base64url')}`),
  }));
  await runner.call(keepFlowSecrets, { workspaceId, flowId, secrets }, systemContext);
}

async function ask(): Promise<number> {
  const { flowId, ids } = flows[Math.floor(Math.random() * flows.length)] as (typeof flows)[number];
  const secretIds = ids.slice(0, asked);
  const started = performance.now();
  const reply = await runner.call(resolve, { workspaceId, flowId, variables: [], secretIds }, systemContext);
  if (reply.secrets.length !== asked) throw new Error('a value was not resolved');
  return performance.now() - started;
}

/** Asks at a fixed rate, however long the answers take, until `over`; how long each took in milliseconds. */
async function openLoop(over: () => boolean): Promise<number[]> {
  const started = performance.now();
  const times: Promise<number>[] = [];
  while (!over()) {
    const due = ((performance.now() - started) / 1000) * perSecond;
    // Counted from when it should have been asked: a stalled process does not hide its own delay.
    while (times.length < due) {
      const late = performance.now() - started - (times.length / perSecond) * 1000;
      times.push(ask().then((took) => took + Math.max(0, late - 1000 / perSecond)));
    }
    await pause(1);
  }
  return Promise.all(times);
}

function at(times: readonly number[], share: number): number {
  const sorted = times.toSorted((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? 0;
}

for (let count = 0; count < 2000; count++) await ask();
const alone: number[] = [];
for (let count = 0; count < 2000; count++) alone.push(await ask());
const until = performance.now() + 3000;
const idle = await openLoop(() => performance.now() > until);

const caller = {
  userId: randomUUID(),
  username: 'bench',
  workspaceId: randomUUID(),
  rights: [...toRights(['vault:rotate'])],
};
let finished = false;
const began = performance.now();
let seconds = 0;
await gateway.call(rotateDataKeys, {}, { caller });
const watch = async () => {
  for (;;) {
    const { rotation } = await gateway.call(rotationStatus, {}, { caller });
    if (rotation?.state !== 'running') break;
    await pause(50);
  }
  seconds = (performance.now() - began) / 1000;
  finished = true;
};
const [busy] = await Promise.all([openLoop(() => finished), watch()]);
process.stdout.write(
  `${JSON.stringify({
    values,
    aloneP50Ms: at(alone, 0.5),
    idleP99Ms: at(idle, 0.99),
    busyP50Ms: at(busy, 0.5),
    busyP99Ms: at(busy, 0.99),
    valuesPerSecond: values / seconds,
  })}\n`,
);
await vault.stop();
await rm(directory, { recursive: true });
