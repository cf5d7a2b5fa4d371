import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { type Bus, connectInProcess, createBroker, serve } from '@flowkeep/bus';
import { type Caller, type Permission, type ServiceName, toRights } from '@flowkeep/contracts';
import { AuditOutbox, type Dialect, OutboxEntity, query, UuidV7 } from '@flowkeep/persistence';
import { openTestDatabase, RecordingLogger, TestClock } from '@flowkeep/testing';
import { CredentialVaultModule } from './credential-vault.module.ts';
import { DataKeys } from './data-keys/data-keys.ts';
import { credentialVaultDatabase } from './database.ts';
import { VaultOptions } from './vault-options.ts';

const editor: readonly Permission[] = ['variables:view', 'variables:create', 'variables:update', 'variables:delete'];

export function callerOf(about: Partial<Caller> = {}): Caller {
  return {
    userId: randomUUID(),
    username: 'ada',
    workspaceId: randomUUID(),
    rights: [...toRights(editor)],
    ...about,
  };
}

/** A running vault on a database of its own, and the ends of those that talk to it. */
export async function openVault(dialect: Dialect, given: Partial<VaultOptions> = {}) {
  const clock = new TestClock();
  const ids = new UuidV7(clock);
  const logger = new RecordingLogger();
  const test = await openTestDatabase(credentialVaultDatabase, dialect, clock);
  const { database } = test;
  const broker = createBroker({ prefix: 'test', codec: 'bytes' });
  const secretKey = { value: randomBytes(32).toString('base64url'), source: 'FLOWKEEP_SECRET_KEY' };
  const connect = (service: ServiceName): Bus => connectInProcess(broker, { service, clock, logger });
  const [bus, gateway, runner, identity] = [
    connect('vault'),
    connect('gateway'),
    connect('runner'),
    connect('identity'),
  ];
  const dataKeys = await DataKeys.unlock({ database, secretKey, ids, clock });
  const options = new VaultOptions({ environment: new Map(), importing: true, fallback: false, ...given });
  const parts = { database, clock, ids, outbox: new AuditOutbox(), dataKeys, bus, logger, options };
  const app = await serve(CredentialVaultModule.forRoot(parts), bus);
  return {
    clock,
    log: logger,
    database,
    gateway,
    runner,
    identity,
    rows: async (table: string) => (await database.read((em) => query(em, `select * from ${table} order by id`))).rows,
    change: (sql: string, parameters: string[] = []) => database.transaction((em) => query(em, sql, parameters)),
    /** The audit events so far, or those of one action. */
    events: async (action?: string) => {
      const rows = await database.read((em) => em.findAll(OutboxEntity, { orderBy: { id: 'asc' } }));
      return rows.map(({ event }) => event).filter((event) => action === undefined || event.action === action);
    },
    /** Stops answering; the database stays open. */
    stop: () => app.close(),
    async close() {
      await app.close();
      for (const end of [bus, gateway, runner, identity]) await end.drain();
      await test.close();
    },
  };
}

export type Vault = Awaited<ReturnType<typeof openVault>>;

/** What `look` finds, once it finds something: for what happens after the answer. Gives up after many looks. */
export async function until<T>(look: () => T | Promise<T>): Promise<T> {
  for (let looks = 0; looks < 500; looks++) {
    const found = await look();
    if (found !== undefined && found !== null) return found;
    await pause(5);
  }
  return look();
}
