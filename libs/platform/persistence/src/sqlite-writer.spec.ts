import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openSqliteFile } from './sqlite-file.ts';
import { SqliteWriter } from './sqlite-writer.ts';

describe('rows written from a thread', () => {
  const insert = 'insert into note (id, text, size) values (?1, ?2, ?3)';
  let directory: string;
  let path: string;
  let writer: SqliteWriter;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'flowkeep-writer-'));
    path = join(directory, 'notes.db');
    const file = openSqliteFile(path);
    file.exec('create table note (id integer primary key, text text null, size real null)');
    file.close();
    writer = new SqliteWriter(path);
  });

  afterEach(async () => {
    await writer.close();
    await rm(directory, { recursive: true, force: true });
  });

  function stored() {
    const file = openSqliteFile(path);
    try {
      return file.prepare('select id, text, size from note order by id').all();
    } finally {
      file.close();
    }
  }

  it('are there when the write resolves, with their texts and numbers', async () => {
    const text = 'a\u0000b "quoted" \ud83d\ude00';
    await writer.write([{ sql: insert, rows: [[1, text, 0.5], [2, null, null]] }]); // prettier-ignore
    expect(stored()).toEqual([
      { id: 1, text, size: 0.5 },
      { id: 2, text: null, size: null },
    ]);
  });

  it('come with rows of their own, which have some of their values', async () => {
    const children = { sql: 'insert into note (text, id, size) values (?1, ?2, ?3)', inherited: [1] };
    const rows = [
      [1, 'first', 0.5, [[2, null], [3, 0.25]]],
      [4, null, null, []],
      [5, 'last', 1, [[6, 2]]],
    ]; // prettier-ignore
    await writer.write([{ sql: insert, rows, children }]);
    expect(stored()).toEqual([
      { id: 1, text: 'first', size: 0.5 },
      { id: 2, text: 'first', size: null },
      { id: 3, text: 'first', size: 0.25 },
      { id: 4, text: null, size: null },
      { id: 5, text: 'last', size: 1 },
      { id: 6, text: 'last', size: 2 },
    ]);
  });

  it('are all stored or none, and the next write goes on', async () => {
    const twice = writer.write([
      { sql: insert, rows: [[1, 'first', 1]] },
      { sql: insert, rows: [[2, 'second', 2], [1, 'again', 3]] }, // prettier-ignore
    ]);
    const after = writer.write([{ sql: insert, rows: [[3, 'third', 3]] }]);
    await expect(twice).rejects.toMatchObject({ errcode: 1555 });
    await after;
    expect(stored()).toEqual([{ id: 3, text: 'third', size: 3 }]);
  });

  it('are refused when the thread ends, and another one takes over', async () => {
    await writer.close();
    await rm(path);
    // A directory in the file's place: the thread can't open it.
    const elsewhere = new SqliteWriter(directory);
    const failed = elsewhere.write([{ sql: insert, rows: [[1, 'lost', 1]] }]);
    await expect(failed).rejects.toMatchObject({ code: 'unavailable' });
    await expect(elsewhere.write([{ sql: insert, rows: [] }])).rejects.toMatchObject({ code: 'unavailable' });
  });
});
