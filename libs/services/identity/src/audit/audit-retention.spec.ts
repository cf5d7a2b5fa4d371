import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { systemContext } from '@flowkeep/bus';
import { appendAudit, type AuditEvent, listAudit, toRights } from '@flowkeep/contracts';
import { query, UuidV7 } from '@flowkeep/persistence';
import { describeOnDialects, openTestDatabase, type TestDatabase, TestClock } from '@flowkeep/testing';
import { identityDatabase } from '../database.ts';
import { startIdentityStand } from '../identity.spec-stand.ts';
import { auditKeyName, parseAuditKey } from './audit-keys.ts';
import { verifyAudit } from './audit-verification.ts';

const dayMs = 86_400_000;

await describeOnDialects('old audit events', (dialect) => {
  let test: TestDatabase;
  let clock: TestClock;
  let ids: UuidV7;
  let stand: Awaited<ReturnType<typeof startIdentityStand>>;
  const vault = new Map<string, string>();

  beforeEach(async () => {
    vault.clear();
    clock = new TestClock(Date.UTC(2027, 5, 10));
    ids = new UuidV7(clock);
    test = await openTestDatabase(identityDatabase, dialect, clock);
    stand = await startIdentityStand(test.database, clock, vault);
  });

  afterEach(async () => {
    await stand.stop();
    await test.close();
  });

  const event = (at: number): AuditEvent => ({
    ...{ id: ids.next(), at, workspaceId: null, actorId: null, keyId: null },
    ...{ action: 'key.created', subjectId: null, details: {} },
  });
  async function append(...times: number[]): Promise<void> {
    for (let from = 0; from < times.length; from += 200) {
      const events = times.slice(from, from + 200).map(event);
      await stand.keys.call(appendAudit, { events }, systemContext);
    }
  }
  const verify = () => verifyAudit(test.database, parseAuditKey(vault.get(auditKeyName) as string).key);

  /** Lets the daily turn come and end. */
  async function oneDay(): Promise<void> {
    await clock.advance(dayMs);
    await stand.stop();
    stand = await startIdentityStand(test.database, clock, vault);
  }

  async function kept() {
    const sql = 'select at, action, sequence from audit_event order by sequence';
    return (await test.database.read((em) => query<{ at: number; action: string; sequence: number }>(em, sql))).rows;
  }

  it('go by whole months when the year is over, and what is left is whole', async () => {
    const [april, lastOfMay, june] = [Date.UTC(2026, 3, 20), Date.UTC(2026, 5, 1) - 1, Date.UTC(2026, 5, 1)];
    await append(april, lastOfMay, june, june + dayMs, clock.now());
    await oneDay();
    expect((await kept()).map(({ at, sequence }) => [at, sequence])).toEqual([
      [june, 3],
      [june + dayMs, 4],
      [Date.UTC(2027, 5, 10), 5],
      [expect.any(Number), 6],
    ]);
    expect((await kept()).at(-1)).toMatchObject({ action: 'audit.trimmed' });
    expect(await verify()).toMatchObject({ whole: true, events: 4, last: { sequence: 6 } });
    await append(clock.now());
    const audience = {
      userId: ids.next(),
      username: 'ada',
      workspaceId: ids.next(),
      rights: [...toRights(['audit:view'])],
    };
    const page = await stand.gateway.call(listAudit, {}, { caller: audience });
    expect([page.events.map(({ sequence }) => sequence), page.next]).toEqual([[7, 6, 5, 4, 3], null]);
    expect(page.events[1]?.details).toEqual({ removed: 2, firstKept: 3 });
  });

  it('go in small steps, all of them if need be', async () => {
    await append(...Array.from({ length: 450 }, () => 1_000));
    await oneDay();
    expect(await kept()).toMatchObject([{ action: 'audit.trimmed', sequence: 451 }]);
    expect(await verify()).toMatchObject({ whole: true, events: 1 });
  });

  it('stay behind a younger one that was told of before them', async () => {
    await append(1_000, clock.now(), 1_000);
    await oneDay();
    expect((await kept()).map(({ sequence }) => sequence)).toEqual([2, 3, 4]);
    expect(await verify()).toMatchObject({ whole: true });
  });

  it('stay, and nothing is told, while the month is not over', async () => {
    await append(Date.UTC(2026, 5, 2));
    await oneDay();
    expect(await kept()).toMatchObject([{ sequence: 1 }]);
  });

  it('go on the day their month is too old', async () => {
    await stand.stop();
    clock = new TestClock(Date.UTC(2027, 4, 31, 12));
    stand = await startIdentityStand(test.database, clock, vault);
    await append(Date.UTC(2026, 4, 31));
    await clock.advance(dayMs - 1);
    expect(await kept()).toMatchObject([{ sequence: 1 }]);
    await oneDay();
    expect(await kept()).toMatchObject([{ action: 'audit.trimmed' }]);
  });

  it.each([
    ['was changed', "update audit_event set action = 'nothing.happened' where sequence = 2"],
    ['is missing', 'delete from audit_event where sequence = 2'],
  ])('stay when one of them %s', async (_what, sql) => {
    await append(1_000, 1_000, 1_000);
    await test.database.transaction((em) => query(em, sql));
    const before = await kept();
    await oneDay();
    expect(await kept()).toEqual(before);
    expect(await verify()).toMatchObject({ whole: false, sequence: 2 });
  });

  it('that were removed by hand are missed', async () => {
    await append(1_000, clock.now());
    await test.database.transaction((em) => query(em, 'delete from audit_event where sequence = 1'));
    await oneDay();
    expect(await verify()).toMatchObject({ whole: false, sequence: 1 });
  });
});
