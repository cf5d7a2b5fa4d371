import { SystemClock } from '@flowkeep/config';
import { AuditOutbox, openDatabase, UuidV7 } from '@flowkeep/persistence';
import { SilentLogger } from '@flowkeep/telemetry';
import { credentialVaultDatabase } from '../database.ts';
import { DataKeys } from '../data-keys/data-keys.ts';
import { DataKeyRotation } from './data-key-rotation.ts';
import type { KilledProcess } from './kill.spec.ts';
import { operator, RotationLog } from './rotation-log.ts';
import { RotationsService } from './rotations.service.ts';
import { SecretKeyRotation } from './secret-key-rotation.ts';

/*
 * The program of a process that rotates keys and is killed at one exact step: before a question to the database, before a
 * commit, or after it. Without a step it goes on to the end, and says how many steps there were.
 */
const { location, secretKeys, kind, killAt } = JSON.parse(process.argv[2] as string) as KilledProcess;

const clock = new SystemClock();
const ids = new UuidV7(clock);
const logger = new SilentLogger();
const database = await openDatabase(credentialVaultDatabase, { ...location, clock, logger });
const [secretKey, ...previousSecretKeys] = secretKeys;
if (secretKey === undefined) throw new Error('no secret key');
const dataKeys = await DataKeys.unlock({ database, secretKey, previousSecretKeys, ids, clock });

let steps = 0;
const step = () => {
  if (++steps === killAt) process.kill(process.pid, 'SIGKILL');
};
const [read, transaction] = [database.read.bind(database), database.transaction.bind(database)];
database.read = (work) => {
  step();
  return read(work);
};
database.transaction = async (work) => {
  step();
  const result = await transaction(async (em) => {
    const done = await work(em);
    step();
    return done;
  });
  step();
  return result;
};

const log = new RotationLog(database, new AuditOutbox(), ids, clock);
const rotations = new RotationsService(
  database,
  dataKeys,
  log,
  new SecretKeyRotation(database, dataKeys, log, clock),
  new DataKeyRotation(database, dataKeys, log),
  clock,
  logger,
);
await rotations.work(
  kind === 'secret-key' ? await rotations.startSecretKey(operator) : await rotations.startDataKeys(operator, null),
);
await database.close();
process.stdout.write(JSON.stringify({ steps }));
