import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { systemContext } from '@flowkeep/bus';
import { appendAudit, type AuditEvent } from '@flowkeep/contracts';
import { openDatabase, query, type SqlValue, UuidV7 } from '@flowkeep/persistence';
import { describeOnDialects, openTestDatabase, type TestDatabase, TestClock } from '@flowkeep/testing';
import { identityDatabase } from '../database.ts';
import { startIdentityStand } from '../identity.spec-stand.ts';
import { auditKeyName, parseAuditKey } from './audit-keys.ts';
import { AuditService } from './audit.service.ts';
import { verifyAudit } from './audit-verification.ts';

await describeOnDialects('the audit log', (dialect) => {
  let test: TestDatabase;
  let clock: TestClock;
  let ids: UuidV7;
  let vault: Map<string, string>;
  let stand: Awaited<ReturnType<typeof startIdentityStand>>;

  beforeEach(async () => {
    clock = new TestClock();
    ids = new UuidV7(clock);
    vault = new Map();
    test = await openTestDatabase(identityDatabase, dialect, clock);
    stand = await startIdentityStand(test.database, clock, vault);
  });

  afterEach(async () => {
    await stand.stop();
    await test.close();
  });

  const event = (about: Partial<AuditEvent> = {}): AuditEvent => ({
    id: ids.next(),
    at: clock.now(),
    workspaceId: null,
    actorId: ids.next(),
    keyId: null,
    action: 'key.created',
    subjectId: "it's a key",
    details: { zeta: 1.5, alpha: 'ü', '10': true, '9': null },
    ...about,
  });
  const append = (...events: AuditEvent[]) => stand.keys.call(appendAudit, { events }, systemContext);
  const appendMany = (count: number) => append(...Array.from({ length: count }, () => event()));
  const change = (sql: string, parameters: SqlValue[] = []) =>
    test.database.transaction((em) => query(em, sql, parameters));
  const key = () => parseAuditKey(vault.get(auditKeyName) as string).key;
  const verify = () => verifyAudit(test.database, key());
  const rows = async () =>
    (
      await test.database.read((em) =>
        query<{ id: string; sequence: number; previous: string; mac: string }>(
          em,
          'select id, sequence, previous, mac from audit_event order by sequence',
        ),
      )
    ).rows;

  async function restart(): Promise<void> {
    await stand.stop();
    stand = await startIdentityStand(test.database, clock, vault);
  }

  it('numbers events without a gap, each with the mac of the one before', async () => {
    const [first, second, third] = [event(), event(), event()];
    await append(first, second);
    await append(second, third, third);
    const stored = await rows();
    expect(stored.map(({ id, sequence }) => [id, sequence])).toEqual([
      [first.id, 1],
      [second.id, 2],
      [third.id, 3],
    ]);
    expect(stored.map(({ previous }) => previous)).toEqual(['', stored[0]?.mac, stored[1]?.mac]);
    expect(await verify()).toEqual({ whole: true, events: 3, last: { sequence: 3, mac: stored[2]?.mac } });
  });

  it('is one chain, however many instances append at once', async () => {
    // Two where there can be two.
    const second = dialect === 'sqlite' ? test.database : await openDatabase(identityDatabase, test.options);
    const other = await startIdentityStand(second, clock, vault);
    const both = () =>
      [stand.keys, other.keys].map((end) => end.call(appendAudit, { events: [event()] }, systemContext));
    await Promise.all(Array.from({ length: 12 }, both).flat());
    expect(await verify()).toMatchObject({ whole: true, events: 24 });
    await other.stop();
    if (second !== test.database) await second.close();
  });

  it('has nothing of a change that did not happen', async () => {
    await appendMany(1);
    const audit = stand.app.get(AuditService);
    const undone = test.database.transaction(async (em) => {
      await audit.append(em, 'identity', [event()]);
      throw new Error('undone');
    });
    await expect(undone).rejects.toThrow('undone');
    await appendMany(1);
    expect(await verify()).toMatchObject({ whole: true, events: 2 });
  });

  it('is whole over many pages', async () => {
    for (let time = 0; time < 3; time++) await appendMany(150);
    expect(await verify()).toMatchObject({ whole: true, events: 450 });
  });

  it.each([
    ['a changed action', "update audit_event set action = 'key.deleted' where sequence = 3", 3],
    ['a changed actor', 'update audit_event set actor_id = null where sequence = 3', 3],
    ['a changed time', 'update audit_event set at = at + 1 where sequence = 3', 3],
    ['changed details', `update audit_event set details = '{"alpha":"u"}' where sequence = 3`, 3],
    ['a changed service', "update audit_event set service = 'vault' where sequence = 3", 3],
    ['a changed mac', `update audit_event set mac = '${'0'.repeat(64)}' where sequence = 3`, 3],
    ['a deleted event', 'delete from audit_event where sequence = 3', 3],
    ['a deleted first event', 'delete from audit_event where sequence = 1', 1],
    ['a deleted last event', 'delete from audit_event where sequence = 5', 5],
    ['deleted events in a row', 'delete from audit_event where sequence in (2, 3, 4)', 2],
    ['nothing left', 'delete from audit_event', 1],
    ['an event out of the chain', 'update audit_event set sequence = null where sequence = 3', null],
    ['an event before the first', 'update audit_event set sequence = 0 where sequence = 1', null],
    ['an end that was moved', 'update audit_head set sequence = 4', null],
    ['a beginning that was moved', 'update audit_head set anchor_sequence = 1', null],
    ['an end that is gone', 'delete from audit_head', null],
    ['an end that was never sealed', 'update audit_head set seal = null', null],
  ])('shows %s', async (_what, sql, sequence) => {
    await appendMany(5);
    expect(await verify()).toMatchObject({ whole: true, events: 5 });
    await change(sql);
    expect(await verify()).toMatchObject({ whole: false, sequence });
  });

  it('shows events that changed places', async () => {
    await appendMany(5);
    await change('update audit_event set sequence = 100 where sequence = 2');
    await change('update audit_event set sequence = 2 where sequence = 3');
    await change('update audit_event set sequence = 3 where sequence = 100');
    expect(await verify()).toMatchObject({ whole: false, sequence: 2 });
  });

  it('shows an inserted event, however it was numbered', async () => {
    await appendMany(3);
    const copy = (sequence: string) =>
      change(
        `insert into audit_event (id, at, service, action, details, sequence, previous, mac)
         select '${ids.next()}', at, service, action, details, ${sequence}, previous, mac
         from audit_event where sequence = 3`,
      );
    await copy('null');
    expect(await verify()).toMatchObject({ whole: false, sequence: null });
    await change('delete from audit_event where sequence is null');
    await change('update audit_event set sequence = 4 where sequence = 3');
    await copy('3');
    expect(await verify()).toMatchObject({ whole: false });
  });

  it('does not verify with another key', async () => {
    await appendMany(1);
    expect(await verifyAudit(test.database, new Uint8Array(32))).toMatchObject({ whole: false });
  });

  it.each([
    [
      'an end that was moved',
      'update audit_head set sequence = 1, mac = (select mac from audit_event where sequence = 1)',
    ],
    ['an end that is gone', 'delete from audit_head'],
    ['an end that says it never began', "update audit_head set sequence = 0, mac = '', seal = null"],
  ])('does not go on from %s, also after a restart', async (_what, sql) => {
    await appendMany(2);
    await change('delete from audit_event where sequence = 2');
    await change(sql);
    await expect(appendMany(1)).rejects.toMatchObject({ code: 'internal' });
    await restart();
    await expect(appendMany(1)).rejects.toMatchObject({ code: 'internal' });
    expect(stand.log.text()).not.toContain(Buffer.from(key()).toString('base64url'));
  });

  it('does not chain events anew that were taken out of their chain and changed', async () => {
    await appendMany(3);
    await change("update audit_event set action = 'nothing.happened', sequence = null, previous = null, mac = null");
    await change("update audit_head set sequence = 0, mac = '', seal = null");
    await restart();
    await expect(appendMany(1)).rejects.toMatchObject({ code: 'internal' });
    expect(await verify()).toMatchObject({ whole: false });
  });
});
