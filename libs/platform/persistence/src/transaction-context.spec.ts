import { expect, it } from '@jest/globals';
import { defineEntity, p } from '@mikro-orm/core';
import { describeOnDialects, openTestDatabase } from '@flowkeep/testing';
import type { DatabaseDefinition } from './definition.ts';
import { query } from './query.ts';

function definition(service: DatabaseDefinition['service'], table: string): DatabaseDefinition {
  const create = [`create table ${table} (id varchar(16) primary key)`];
  const entity = defineEntity({ name: table, tableName: table, properties: { id: p.string().primary() } });
  return { service, entities: [entity], migrations: [{ name: '0001', sqlite: create, postgresql: create }] };
}

await describeOnDialects('the context of a transaction', (dialect) => {
  it('does not follow work that it started into another database, nor outlive it in its own', async () => {
    const first = await openTestDatabase(definition('keys', 'first'), dialect);
    const second = await openTestDatabase(definition('vault', 'second'), dialect);
    const started: { inOther?: Promise<unknown>; later?: Promise<unknown> } = {};
    let ended: () => void = () => undefined;
    const end = new Promise<void>((resolve) => (ended = resolve));
    await first.database.transaction(async (em) => {
      await query(em, "insert into first (id) values ('a')");
      started.inOther = second.database.transaction((other) => query(other, "insert into second (id) values ('b')"));
      started.later = end.then(() =>
        first.database.transaction((own) => query(own, "insert into first (id) values ('c')")),
      );
      await started.inOther;
    });
    ended();
    await started.later;
    const ids = async (database: typeof first, table: string) =>
      (await database.database.read((em) => query<{ id: string }>(em, `select id from ${table} order by id`))).rows;
    expect(await ids(first, 'first')).toEqual([{ id: 'a' }, { id: 'c' }]);
    expect(await ids(second, 'second')).toEqual([{ id: 'b' }]);
    await first.close();
    await second.close();
  });
});
