import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { systemContext } from '@flowkeep/bus';
import { appendAudit, DomainError, readSystemSecret } from '@flowkeep/contracts';
import { openDatabase, query, UuidV7 } from '@flowkeep/persistence';
import { describeOnDialects, openTestDatabase, type TestDatabase, TestClock } from '@flowkeep/testing';
import { identityDatabase } from '../database.ts';
import { answerAsVault, startIdentityStand } from '../identity.spec-stand.ts';
import { auditKeyName, parseAuditKey } from './audit-keys.ts';
import { AuditService } from './audit.service.ts';
import { verifyAudit } from './audit-verification.ts';

await describeOnDialects('an audit log from before there was a chain', (dialect) => {
  const clock = new TestClock();
  const ids = new UuidV7(clock);
  let test: TestDatabase;
  let vault: Map<string, string>;

  beforeEach(async () => {
    vault = new Map();
    test = await openTestDatabase(identityDatabase, dialect, clock);
  });

  afterEach(() => test.close());

  const insert = (count: number) =>
    test.database.transaction(async (em) => {
      for (let index = 0; index < count; index++) {
        const sql = `insert into audit_event (id, at, service, action, details) values ($1, $2, 'keys', 'key.created', '{}')`;
        await query(em, sql, [ids.next(), clock.now()]);
      }
    });
  const start = (database = test.database) => startIdentityStand(database, clock, vault);
  const verify = () => verifyAudit(test.database, parseAuditKey(vault.get(auditKeyName) as string).key);
  const fresh = () => ({
    ...{ id: ids.next(), at: clock.now(), workspaceId: null, actorId: null, keyId: null },
    ...{ action: 'key.deleted', subjectId: null, details: {} },
  });
  const append = (stand: Awaited<ReturnType<typeof start>>) =>
    stand.keys.call(appendAudit, { events: [fresh()] }, systemContext);

  it('is chained by the first start, before anything is appended', async () => {
    await insert(450);
    // Two at once where there can be two.
    const second = dialect === 'sqlite' ? null : await openDatabase(identityDatabase, test.options);
    const stands = await Promise.all([start(), ...(second === null ? [] : [start(second)])]);
    await Promise.all(stands.map(append));
    expect(await verify()).toMatchObject({ whole: true, events: 450 + stands.length });
    const sql = 'select sequence, action from audit_event order by id';
    const { rows } = await test.database.read((em) => query<{ sequence: number }>(em, sql));
    expect(rows.slice(0, 450).map(({ sequence }) => sequence)).toEqual(Array.from({ length: 450 }, (_, i) => i + 1));
    for (const stand of stands) await stand.stop();
    await second?.close();
  });

  it('takes in no event that came after its key', async () => {
    await insert(3);
    const stand = await start();
    await append(stand);
    await stand.stop();
    await insert(1);
    const again = await start();
    await append(again);
    await again.stop();
    expect(await verify()).toMatchObject({ whole: false, sequence: null });
  });

  it('is not chained when it changed after its key was made', async () => {
    await insert(3);
    const first = await start();
    await append(first);
    await first.stop();
    const kept = vault.get(auditKeyName) as string;
    await test.close();
    test = await openTestDatabase(identityDatabase, dialect, clock);
    await insert(3);
    vault.set(auditKeyName, kept);
    const stand = await start();
    await expect(append(stand)).rejects.toMatchObject({ code: 'internal' });
    await stand.stop();
  });

  it('appends nothing while the vault is away, and goes on when it is back', async () => {
    await insert(1);
    const away = await startIdentityStand(test.database, clock, vault, false);
    await expect(append(away)).rejects.toMatchObject({ code: 'unavailable' });
    answerAsVault(away.stub, vault);
    await append(away);
    await away.stop();
    expect(await verify()).toMatchObject({ whole: true, events: 2 });
  });

  it('does not fail with an attempt that began before the vault was back', async () => {
    const stand = await startIdentityStand(test.database, clock, vault, false);
    const asked = Promise.withResolvers<{ value: string | null }>();
    stand.stub.answer(readSystemSecret, () => asked.promise);
    const audit = stand.app.get(AuditService);
    const early = audit.ready();
    const late = audit.ready();
    answerAsVault(stand.stub, vault);
    asked.reject(new DomainError('unavailable'));
    await expect(early).rejects.toMatchObject({ code: 'unavailable' });
    await expect(late).resolves.toBeDefined();
    await stand.stop();
  });
});
