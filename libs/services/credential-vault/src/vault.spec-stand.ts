import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Type } from '@nestjs/common';
import { type Bus, connectInProcess, createBroker, serve } from '@flowkeep/bus';
import type { SecretKey } from '@flowkeep/config';
import { type Caller, type Permission, type Rotation, type ServiceName, toRights } from '@flowkeep/contracts';
import { AuditOutbox, type Dialect, openDatabase, OutboxEntity, query, UuidV7 } from '@flowkeep/persistence';
import { openTestDatabase, RecordingLogger, TestClock, type TestDatabase } from '@flowkeep/testing';
import { CredentialVaultModule } from './credential-vault.module.ts';
import { DataKeys } from './data-keys/data-keys.ts';
import { credentialVaultDatabase } from './database.ts';
import { operator } from './rotation/rotation-log.ts';
import { RotationsService } from './rotation/rotations.service.ts';
import { type ReferenceRules, VaultOptions } from './vault-options.ts';

const editor: readonly Permission[] = ['variables:view', 'variables:create', 'variables:update', 'variables:delete'];
export const administrator: readonly Permission[] = [...editor, 'vault:rotate'];

export function callerOf(about: Partial<Caller> = {}): Caller {
  return {
    userId: randomUUID(),
    username: 'ada',
    workspaceId: randomUUID(),
    rights: [...toRights(editor)],
    ...about,
  };
}

export function newSecretKey(source = 'FLOWKEEP_SECRET_KEY'): SecretKey {
  return { value: randomBytes(32).toString('base64url'), source };
}

/** What holds where an operator grants nothing. */
export const noReferences: ReferenceRules = {
  grants: {},
  environment: new Map(),
  dataDir: '/nowhere',
  secretFiles: [],
};

interface VaultStart {
  /** The secret key, then the previous ones. */
  readonly secretKeys?: readonly SecretKey[];
  /** Instead of one of its own: where another one stores, as after a restart or beside it. */
  readonly test?: TestDatabase;
}

/** A running vault on a database of its own, and the ends of those that talk to it. */
export async function openVault(dialect: Dialect, given: Partial<VaultOptions> = {}, start: VaultStart = {}) {
  const clock = new TestClock();
  const ids = new UuidV7(clock);
  const logger = new RecordingLogger();
  const test = start.test ?? (await openTestDatabase(credentialVaultDatabase, dialect, clock));
  const database = start.test === undefined ? test.database : await openDatabase(credentialVaultDatabase, test.options);
  const broker = createBroker({ prefix: 'test', codec: 'bytes' });
  const [secretKey = newSecretKey(), ...previousSecretKeys] = start.secretKeys ?? [];
  const connect = (service: ServiceName): Bus => connectInProcess(broker, { service, clock, logger });
  const [bus, gateway, runner, identity] = [
    connect('vault'),
    connect('gateway'),
    connect('runner'),
    connect('identity'),
  ];
  const unlocked = DataKeys.unlock({ database, secretKey, previousSecretKeys, ids, clock });
  const dataKeys = await unlocked.catch(async (error: unknown) => {
    if (start.test !== undefined) await database.close();
    throw error;
  });
  await dataKeys.announce();
  const options = new VaultOptions({
    environment: new Map(),
    importing: true,
    fallback: false,
    references: noReferences,
    ...given,
  });
  const parts = { database, clock, ids, outbox: new AuditOutbox(), dataKeys, bus, logger, options };
  const app = await serve(CredentialVaultModule.forRoot(parts), bus);
  return {
    clock,
    log: logger,
    test,
    secretKey,
    database,
    dataKeys,
    /** What of its parts a test wants to ask. */
    get: <T>(part: Type<T>): T => app.get(part),
    gateway,
    runner,
    identity,
    rows: async (table: string) => (await database.read((em) => query(em, `select * from ${table} order by id`))).rows,
    /** The same in no order, for tables without an id. */
    rowsOf: async <Row>(table: string) => (await database.read((em) => query<Row>(em, `select * from ${table}`))).rows,
    /** Begins a rotation that nobody works on, as if its process had been killed. */
    begin: (kind: Rotation['kind']) => {
      const rotations = app.get(RotationsService);
      return kind === 'secret-key' ? rotations.startSecretKey(operator) : rotations.startDataKeys(operator, null);
    },
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
      if (start.test === undefined) await test.close();
      else await database.close();
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
