import { randomUUID } from 'node:crypto';
import { expect, it } from '@jest/globals';
import { migrateDatabase, openDatabase, query } from '@flowkeep/persistence';
import { describeOnDialects, langflowExport, langflowNode, TestClock, testDatabaseOptions } from '@flowkeep/testing';
import { flowRunnerDatabase } from '../database.ts';

await describeOnDialects('flows from before it was written down which variables they take', (dialect) => {
  it('have it written down', async () => {
    const { options, remove } = testDatabaseOptions(flowRunnerDatabase, dialect, new TestClock());
    const before = { ...flowRunnerDatabase, migrations: flowRunnerDatabase.migrations.slice(0, 2) };
    await migrateDatabase(before, options);
    const [first, second, workspaceId] = [randomUUID(), randomUUID(), randomUUID()];
    const fields = {
      api_key: { password: true, load_from_db: true, value: 'ÄKEY "1"' },
      again: { load_from_db: true, value: 'ÄKEY "1"' },
      base: { load_from_db: true, value: 'BASE' },
      literal: { load_from_db: false, value: 'LITERAL' },
      marked: { load_from_db: 'true', value: 'MARKED' },
      empty: { load_from_db: true, value: '' },
      none: { load_from_db: true, value: null },
      list: { load_from_db: true, value: ['LIST'] },
      long: { load_from_db: true, value: 'x'.repeat(256) },
    };
    const documents = [
      [first, langflowExport([langflowNode('Model-1', 'Model', fields)])],
      [second, langflowExport([langflowNode('Model-1', 'Model', { text: { value: 'a\u0000b \ud800' } })])],
    ] as const;
    const old = await openDatabase(before, options);
    await old.transaction(async (em) => {
      for (const [id, document] of documents) {
        await query(
          em,
          `insert into flow (id, workspace_id, owner_id, dialect, name, access, component, webhook, version, document,
            created_at, updated_at) values ($1, $2, $2, 'langflow', $3, 'private', $4, $4, 1, $5, 5, 5)`,
          [id, workspaceId, id, dialect === 'sqlite' ? 0 : false, JSON.stringify(document)],
        );
      }
    });
    await old.close();
    await migrateDatabase(flowRunnerDatabase, options);
    const database = await openDatabase(flowRunnerDatabase, options);
    const { rows } = await database.read((em) => query(em, 'select * from flow_variable order by name'));
    expect(rows).toEqual(
      expect.arrayContaining(['BASE', 'ÄKEY "1"'].map((name) => ({ flow_id: first, workspace_id: workspaceId, name }))),
    );
    expect(rows).toHaveLength(2);
    await database.close();
    await remove();
  });
});
