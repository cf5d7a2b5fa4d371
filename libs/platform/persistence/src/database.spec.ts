import { once } from 'node:events';
import { mkdirSync, statSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { DomainError } from '@flowkeep/contracts';
import {
  describeOnDialects,
  keptInOldSpace,
  onTestPostgresql,
  openTestDatabase,
  type TestDatabase,
  testDatabaseOptions,
  testPostgresqlUrl,
} from '@flowkeep/testing';
import { defineEntity, p } from '@mikro-orm/core';
import {
  backupDatabase,
  type DatabaseDefinition,
  type DatabaseOptions,
  type Dialect,
  isUniqueViolation,
  migrateDatabase,
  openDatabase,
  type PostgresqlLocation,
  prepared,
  query,
} from './index.ts';

const Note = defineEntity({
  name: 'Note',
  tableName: 'note',
  properties: {
    id: p.uuid().primary(),
    text: p.string().unique(),
    at: p.bigint('number'),
    tags: p.json<string[]>(),
    done: p.boolean(),
  },
});

const definition: DatabaseDefinition = {
  service: 'runner',
  entities: [Note],
  migrations: [
    {
      name: '0001-initial',
      sqlite: [
        'create table note (id text primary key, text text not null unique, at integer not null, tags json not null, done integer not null)',
      ],
      postgresql: [
        'create table note (id uuid primary key, text varchar(255) not null unique, at bigint not null, tags jsonb not null, done boolean not null)',
      ],
    },
  ],
};

const note = (number: number) => ({
  id: `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`,
  text: `note ${number}`,
  at: 1_790_000_000_000 + number,
  tags: ["it's", 'a "tag"'],
  done: number % 2 === 0,
});

await describeOnDialects('a database', (dialect: Dialect) => {
  let test: TestDatabase;

  beforeEach(async () => {
    test = await openTestDatabase(definition, dialect);
  });
  afterEach(() => test.close());

  const count = () => test.database.read((em) => em.count(Note));

  it('stores what a transaction made and gives it back as it was', async () => {
    await test.database.transaction((em) => Promise.resolve(em.create(Note, note(2))));
    const found = await test.database.read((em) => em.findOneOrFail(Note, { text: 'note 2' }));
    expect({ ...found }).toEqual(note(2));
  });

  it('stores nothing of a transaction that throws', async () => {
    const work = test.database.transaction(async (em) => {
      await em.insert(Note, note(1));
      throw new Error('no');
    });
    await expect(work).rejects.toThrow('no');
    expect(await count()).toBe(0);
  });

  it('keeps transactions that run at once apart', async () => {
    const work = Array.from({ length: 20 }, (_, number) =>
      test.database.transaction(async (em) => {
        await em.insert(Note, note(number));
        if (number % 2 === 1) throw new Error('odd');
      }),
    );
    await Promise.allSettled(work);
    const found = await test.database.read((em) => em.findAll(Note, { orderBy: { at: 'asc' } }));
    expect(found.map((row) => row.done)).toEqual(Array.from({ length: 10 }, () => true));
  });

  it.each([
    ['a read', () => count()],
    ['a statement', async () => (await test.database.execute('select id from note', [])).length],
  ])('never shows %s what is not committed', async (_name, look) => {
    const started = Promise.withResolvers<null>();
    const writing = test.database.transaction(async (em) => {
      await em.insert(Note, note(1));
      started.resolve(null);
      await em.execute('select 1');
      throw new Error('undone');
    });
    const [seen, written] = await Promise.allSettled([started.promise.then(look), writing]);
    expect(seen).toEqual({ status: 'fulfilled', value: 0 });
    expect(written).toMatchObject({ reason: new Error('undone') });
  });

  it('refuses the database inside a transaction instead of waiting for ever', async () => {
    const { database } = test;
    for (const again of [
      () => database.read((em) => em.count(Note)),
      () => database.transaction((em) => em.count(Note)),
      async () => (await database.execute('select id from note', [])).length,
    ]) {
      await expect(database.transaction(again)).rejects.toThrow('must use its own entity manager');
    }
  });

  it('allows it to what a transaction started and left behind', async () => {
    const gate = Promise.withResolvers<null>();
    let later: Promise<number> | undefined;
    await test.database.transaction((em) => {
      later = gate.promise.then(() => count());
      return em.execute('select 1');
    });
    gate.resolve(null);
    await expect(later).resolves.toBe(0);
  });

  it('binds the parameters of raw statements', async () => {
    const { id, text, at, tags, done } = note(4);
    const insert = 'insert into note (id, text, at, tags, done) values ($1, $2, $3, $4, $5)';
    const changed = await test.database.transaction((em) =>
      query(em, insert, [id, `${text}'`, at, JSON.stringify(tags), done]),
    );
    expect(changed.affected).toBe(1);
    const read = () =>
      test.database.read((em) => query(em, 'select text, at from note where at = $2 and id = $1', [id, at]));
    expect((await read()).rows).toEqual([{ text: "note 4'", at }]);
    expect((await read()).rows).toHaveLength(1);
  });

  it('tells a unique violation from other failures', async () => {
    const twice = () =>
      test.database.transaction((em) => em.insert(Note, { ...note(1), id: note((Math.random() * 1e9) | 0).id }));
    await twice();
    expect(isUniqueViolation(await twice().catch((error: unknown) => error))).toBe(true);
    const wrong = test.database.read((em) => em.execute('select * from nowhere'));
    expect(isUniqueViolation(await wrong.catch((error: unknown) => error))).toBe(false);
  });

  it('does not repeat a value that is wrong', async () => {
    const id = 'canary-that-is-no-id';
    const wrong = test.database.read((em) => query(em, 'select id from note where id = $1', [id]));
    expect(String(await wrong.catch((error: unknown) => error))).not.toContain('canary');
  });

  it('is migrated once, however many start at once', async () => {
    const { options, remove } = testDatabaseOptions(definition, dialect);
    const applied = await Promise.all(Array.from({ length: 4 }, () => migrateDatabase(definition, options)));
    expect(applied.flat()).toEqual(['0001-initial']);
    await remove();
  });

  it('refuses to open tables that are older or newer than the code', async () => {
    const next = {
      name: '0002-next',
      sqlite: ['create table next (id text)'],
      postgresql: ['create table next (id text)'],
    };
    const newer = { ...definition, migrations: [...definition.migrations, next] };
    await expect(openDatabase(newer, test.options)).rejects.toThrow(
      'The runner database has not had the migration 0002-next: run "flowkeep db migrate".',
    );
    expect(await migrateDatabase(newer, test.options)).toEqual(['0002-next']);
    await expect(openDatabase(definition, test.options)).rejects.toThrow('migrated by a newer release (0002-next)');
  });

  it('applies all of a migration or nothing', async () => {
    const broken = ['create table half (id text)', 'create nonsense'];
    const next = { name: '0002-broken', sqlite: broken, postgresql: broken };
    const migrations = [...definition.migrations, next];
    await expect(migrateDatabase({ ...definition, migrations }, test.options)).rejects.toThrow();
    await expect(test.database.read((em) => em.execute('select * from half'))).rejects.toThrow();
    await (await openDatabase(definition, test.options)).close();
  });

  it('says to migrate when there is nothing yet', async () => {
    const { options, remove } = testDatabaseOptions(definition, dialect);
    await expect(openDatabase(definition, options)).rejects.toThrow('run "flowkeep db migrate"');
    await remove();
  });

  if (dialect === 'sqlite') {
    it('is a file that only its owner can read', () => {
      const { directory } = test.options as { directory: string };
      for (const name of ['runner.db', 'runner.db-wal'])
        expect(statSync(join(directory, name)).mode & 0o777).toBe(0o600);
    });

    it('takes turns with the thread that writes rows', async () => {
      const sql = 'insert into note (id, text, at, tags, done) values (?1, ?2, ?3, ?4, ?5)';
      const rows = (from: number) =>
        Array.from({ length: 50 }, (_, index) => {
          const { id, text, at, tags, done } = note(from + index);
          return [id, text, at, JSON.stringify(tags), Number(done)];
        });
      const seen: number[] = [];
      const work = Array.from({ length: 10 }, (_, index) => [
        test.database.writeRows([{ sql, rows: rows(1000 + index * 100) }]),
        test.database.transaction(async (em) => {
          await em.insert(Note, note(index));
          seen.push(await em.count(Note));
        }),
      ]);
      await Promise.all(work.flat());
      // Each transaction sees what was written before it, whole.
      expect(seen).toEqual(Array.from({ length: 10 }, (_, index) => (index + 1) * 51));
      const again = test.database.writeRows([{ sql, rows: [...rows(5000), ...rows(1000)] }]);
      expect(isUniqueViolation(await again.catch((error: unknown) => error))).toBe(true);
      expect(await count()).toBe(510);
    });

    it('is copied while it is in use', async () => {
      const { directory } = test.options as { directory: string };
      const copy = join(directory, 'copy');
      mkdirSync(copy);
      await test.database.transaction((em) => em.insert(Note, note(1)));
      const [backup] = await Promise.all([
        backupDatabase(definition, test.options, join(copy, 'runner.db')),
        ...[2, 3, 4].map((number) => test.database.transaction((em) => em.insert(Note, note(number)))),
      ]);
      expect(backup).toBeUndefined();
      expect(statSync(join(copy, 'runner.db')).mode & 0o777).toBe(0o600);
      const opened = await openDatabase(definition, { ...test.options, directory: copy });
      expect(await opened.read((em) => em.count(Note, { id: note(1).id }))).toBe(1);
      await opened.close();
      await expect(backupDatabase(definition, test.options, join(copy, 'runner.db'))).rejects.toThrow('exists already');
    });

    it('names the directory it can not write', async () => {
      const { directory } = test.options as { directory: string };
      const options = { ...test.options, directory: join(directory, 'runner.db', 'inside') };
      await expect(migrateDatabase(definition, options)).rejects.toThrow(
        /runner\.db\/inside\/runner\.db can't be opened/,
      );
    });
  } else {
    it('keeps those statements prepared that it is asked to', async () => {
      const often = prepared('select $1::int + 1 as next');
      for (const number of [1, 2]) expect(await test.database.execute(often, [number])).toEqual([{ next: number + 1 }]);
      const kept = await test.database.execute<{ statement: string }>(
        'select statement from pg_prepared_statements',
        [],
      );
      expect(kept).toEqual([{ statement: often }]);
    });

    it('answers unavailable while connections are cut, and works again after', async () => {
      const { schema } = test.options as { schema: string };
      const cut = `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'flowkeep ${schema}'`;
      const slow = test.database.read((em) => em.execute(`select pg_sleep(4)`)).catch((error: unknown) => error);
      await onTestPostgresql(waitFor(schema));
      await onTestPostgresql(cut);
      const error = await slow;
      expect(error).toBeInstanceOf(DomainError);
      expect((error as DomainError).code).toBe('unavailable');
      // A connection the pool has not yet heard the end of may fail one more call, never two.
      await count().catch(() => undefined);
      expect(await count()).toBe(0);
    });

    it('lets young collections free what was read', async () => {
      const columns = Array.from({ length: 25 }, (_, index) => `'text ${index} of ' || g as c${index}`).join(', ');
      const wide = `select ${columns} from generate_series(1, $1::int) g`;
      // Of 40 MB, which the driver would keep until the next full collection if it were asked for promises.
      const kept = await keptInOldSpace(200, () => test.database.execute(wide, [100]));
      expect(kept).toBeLessThan(8 * 1024 * 1024);
    });

    it('answers unavailable when the server says nothing any more, and works again after', async () => {
      const server = new URL(testPostgresqlUrl());
      const sockets: Socket[] = [];
      const proxy = createServer((client) => {
        const upstream = connect(Number(server.port || 5432), server.hostname);
        for (const socket of [client, upstream]) sockets.push(socket.on('error', () => {}));
        client.pipe(upstream).pipe(client);
      });
      await once(proxy.listen(0, '127.0.0.1'), 'listening');
      try {
        const url = new URL(server);
        url.host = `127.0.0.1:${(proxy.address() as AddressInfo).port}`;
        const database = await openDatabase(definition, { ...test.options, url: url.href });
        for (const socket of sockets) socket.unpipe().pause();
        await expect(database.read((em) => em.count(Note))).rejects.toMatchObject({ code: 'unavailable' });
        expect(await database.read((em) => em.count(Note))).toBe(0);
        await database.close();
      } finally {
        proxy.close();
        for (const socket of sockets) socket.destroy();
      }
    });

    it('answers unavailable while the server is away, and works again when it is back', async () => {
      const server = new URL(testPostgresqlUrl());
      const sockets = new Set<Socket>();
      const proxy = createServer((client) => {
        const upstream = connect(Number(server.port || 5432), server.hostname);
        for (const socket of [client, upstream]) sockets.add(socket.on('error', () => {}));
        client.pipe(upstream).pipe(client);
      });
      const listen = (port: number) => once(proxy.listen(port, '127.0.0.1'), 'listening');
      await listen(0);
      const { port } = proxy.address() as AddressInfo;
      const away = () => {
        proxy.close();
        for (const socket of sockets) socket.destroy();
        return once(proxy, 'close');
      };
      const url = new URL(server);
      url.host = `127.0.0.1:${port}`;
      const database = await openDatabase(definition, { ...test.options, url: url.href });
      await away();
      for (let attempt = 0; attempt < 3; attempt++) {
        await expect(database.read((em) => em.count(Note))).rejects.toMatchObject({ code: 'unavailable' });
      }
      expect(await database.health()).toBe('failing');
      await listen(port);
      expect(await database.read((em) => em.count(Note))).toBe(0);
      await database.close();
      await away();
    });

    it('answers busy when a row stays locked', async () => {
      await test.database.transaction((em) => em.insert(Note, note(1)));
      const locked = Promise.withResolvers<null>();
      const release = Promise.withResolvers<null>();
      const holder = test.database.transaction(async (em) => {
        await em.execute('select * from note for update');
        locked.resolve(null);
        await release.promise;
      });
      await locked.promise;
      const waiting = test.database.transaction((em) => em.nativeUpdate(Note, {}, { done: true }));
      await expect(waiting).rejects.toMatchObject({ code: 'busy' });
      release.resolve(null);
      await holder;
    });

    it('is migrated once by a user of its own too, who needs no role', async () => {
      const { options, remove } = testDatabaseOptions(definition, dialect);
      const own = { ...(options as DatabaseOptions & PostgresqlLocation) };
      delete own.role;
      const applied = await Promise.all(Array.from({ length: 4 }, () => migrateDatabase(definition, own)));
      expect(applied.flat()).toEqual(['0001-initial']);
      await (await openDatabase(definition, own)).close();
      await remove();
    });

    it('lets a service touch nothing but its own schema', async () => {
      const other = await openTestDatabase(definition, dialect);
      const { schema } = other.options as { schema: string };
      await expect(test.database.read((em) => em.execute(`select * from ${schema}.note`))).rejects.toThrow(
        /permission denied/,
      );
      await other.close();
    });

    it('never tells the password of an address it can not reach', async () => {
      const options = { ...test.options, url: 'postgresql://somebody:hunter2-secret@127.0.0.1:1/nothing' };
      const failure = await openDatabase(definition, options).catch((error: unknown) => (error as Error).message);
      expect(failure).toContain('127.0.0.1:1/nothing');
      expect(failure).not.toContain('hunter2');
      expect(failure).not.toContain('\n');
    });
  }
});

/** Waits in the server until the test's own statement sleeps there. */
function waitFor(schema: string): string {
  return `do $$ begin
    for i in 1..200 loop
      if exists (select from pg_stat_activity where application_name = 'flowkeep ${schema}' and query like '%pg_sleep(4)%') then return; end if;
      perform pg_sleep(0.01);
      perform pg_stat_clear_snapshot();
    end loop;
    raise 'the statement never started';
  end $$`;
}
