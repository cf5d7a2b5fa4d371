import { randomUUID } from 'node:crypto';
import { type Bus, connectInProcess, createBroker, serve, systemContext } from '@flowkeep/bus';
import {
  type Caller,
  createKey,
  getKey,
  keysChanged,
  listKeys,
  type Permission,
  reportUsage,
  type RequestInput,
  rolePermissions,
  rotateKey,
  toRights,
  updateKey,
  verifyKey,
} from '@flowkeep/contracts';
import { hashKey } from '@flowkeep/crypto';
import { AuditOutbox, type Dialect, OutboxEntity } from '@flowkeep/persistence';
import { SilentLogger } from '@flowkeep/telemetry';
import { openTestDatabase, TestClock } from '@flowkeep/testing';
import { keyManagementDatabase } from './database.ts';
import { KeyManagementModule } from './key-management.module.ts';
import { KeyRules } from './keys/key-rules.ts';

/** Key management on a database of its own, asked by a gateway. */
export async function keyManagementStand(dialect: Dialect, maxDays: number | null = null, fromPeople = true) {
  const logger = new SilentLogger();
  const clock = new TestClock();
  const test = await openTestDatabase(keyManagementDatabase, dialect, clock);
  const broker = createBroker({ prefix: 'test' });
  const own = connectInProcess(broker, { service: 'keys', clock, logger });
  const gateway: Bus = connectInProcess(broker, { service: 'gateway', clock, logger });
  const parts = { bus: own, database: test.database, clock, outbox: new AuditOutbox() };
  const app = await serve(KeyManagementModule.forRoot({ ...parts, rules: new KeyRules(maxDays, fromPeople) }), own);
  const news: { keyId: string; revision: number }[] = [];
  gateway.on(keysChanged, ({ keys }) => news.push(...keys));
  return {
    clock,
    gateway,
    database: test.database,
    /** What the gateways were told. */
    news,
    create: (caller: Caller, request: Partial<RequestInput<typeof createKey>> = {}) =>
      gateway.call(createKey, { name: 'key', permissions: ['*'], ...request }, { caller }),
    update: (caller: Caller, request: RequestInput<typeof updateKey>) => gateway.call(updateKey, request, { caller }),
    rotate: (caller: Caller, keyId: string, overlapSeconds = 0) =>
      gateway.call(rotateKey, { keyId, overlapSeconds }, { caller }),
    get: (caller: Caller, keyId: string) => gateway.call(getKey, { keyId }, { caller }),
    list: (caller: Caller, request: RequestInput<typeof listKeys> = {}) => gateway.call(listKeys, request, { caller }),
    factsOf: (secret: string) => gateway.call(verifyKey, { hash: hashKey(secret) }, systemContext),
    report: (request: RequestInput<typeof reportUsage>) => gateway.call(reportUsage, request, systemContext),
    /** `action` of every event recorded so far. */
    recorded: async () => {
      const events = await test.database.read((em) => em.findAll(OutboxEntity, { orderBy: { id: 'asc' } }));
      return events.map(({ event }) => event);
    },
    stop: async () => {
      await app.close();
      await own.drain();
      await gateway.drain();
      await test.close();
    },
  };
}

export type KeyManagementStand = Awaited<ReturnType<typeof keyManagementStand>>;

/** Somebody signed in, in a workspace of their own. */
export function person(granted: readonly Permission[] = rolePermissions.owner): Caller {
  return { userId: randomUUID(), username: 'ada', workspaceId: randomUUID(), rights: [...toRights(granted)] };
}
