import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { defineEntity, p } from '@mikro-orm/core';
import { describeOnDialects, openTestDatabase, settle, TestClock, type TestDatabase } from '@flowkeep/testing';
import { type DatabaseDefinition, GroupCommit, query } from './index.ts';

const Row = defineEntity({ name: 'Row', tableName: 'row', properties: { number: p.integer().primary() } });

const create = ['create table "row" (number integer not null primary key)'];
const definition: DatabaseDefinition = {
  service: 'runner',
  entities: [Row],
  migrations: [{ name: '0001-initial', sqlite: create, postgresql: create }],
};

await describeOnDialects('a group commit', (dialect) => {
  let test: TestDatabase;
  let clock: TestClock;
  let batches: number[][];
  let commits: GroupCommit<number>;

  beforeEach(async () => {
    test = await openTestDatabase(definition, dialect);
    clock = new TestClock();
    batches = [];
    commits = new GroupCommit({
      clock,
      maxItems: 4,
      queueLimit: 10,
      commit: async (items) => {
        batches.push([...items]);
        await test.database.transaction(async (em) => {
          for (const number of items) await query(em, 'insert into "row" (number) values ($1)', [number]);
        });
      },
    });
  });
  afterEach(() => test.close());

  const stored = () => test.database.read((em) => em.count(Row));

  it('stores what comes turn after turn together, and begins when turns bring nothing', async () => {
    const added = [commits.add(1)];
    for (const number of [2, 3]) {
      await new Promise((resolve) => setImmediate(resolve));
      added.push(commits.add(number));
    }
    expect(batches).toEqual([]);
    await Promise.all(added);
    expect(batches).toEqual([[1, 2, 3]]);
    expect(await stored()).toBe(3);
  });

  it('begins at the end of the turn when no turn has to be quiet', async () => {
    const commits = new GroupCommit<number>({
      clock,
      quietTurns: 0,
      commit: (items) => Promise.resolve(void batches.push([...items])),
    });
    const added = [commits.add(1), commits.add(2)];
    await new Promise((resolve) => setImmediate(resolve));
    expect(batches).toEqual([[1, 2]]);
    added.push(commits.add(3));
    await Promise.all(added);
    expect(batches).toEqual([[1, 2], [3]]);
  });

  it('waits no longer than 2 ms while others keep coming', async () => {
    const first = commits.add(1);
    const waited = clock.advance(2);
    const second = commits.add(2);
    await Promise.all([first, second, waited]);
    expect(batches.flat()).toEqual([1, 2]);
  });

  it('does not wait when a commit is full, and collects while one is under way', async () => {
    await Promise.all([1, 2, 3, 4, 5, 6].map((number) => commits.add(number)));
    expect(batches).toEqual([
      [1, 2, 3, 4],
      [5, 6],
    ]);
  });

  it('fails every item of a commit that fails, and none of the next', async () => {
    const [one, same] = [commits.add(1), commits.add(1)];
    const both = Promise.allSettled([one, same]);
    await clock.advance(2);
    expect((await both).map((result) => result.status)).toEqual(['rejected', 'rejected']);
    expect(await stored()).toBe(0);
    const next = commits.add(1);
    await clock.advance(2);
    await next;
    expect(await stored()).toBe(1);
  });

  it('turns items away when too many wait', async () => {
    const added = Array.from({ length: 20 }, (_, number) => commits.add(number));
    const results = await Promise.allSettled(added);
    expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(14);
    expect(results.at(-1)).toMatchObject({ reason: { code: 'busy' } });
  });

  it('stores what waits when it is drained', async () => {
    const added = commits.add(1);
    await settle();
    await commits.drain();
    await added;
    expect(await stored()).toBe(1);
  });
});
