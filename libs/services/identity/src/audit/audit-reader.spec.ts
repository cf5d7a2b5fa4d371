import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { type CallContext, systemContext } from '@flowkeep/bus';
import {
  appendAudit,
  type AuditEntry,
  type AuditEvent,
  exportAudit,
  listAudit,
  type Permission,
  type RequestInput,
  toRights,
} from '@flowkeep/contracts';
import { query, UuidV7 } from '@flowkeep/persistence';
import { describeOnDialects, openTestDatabase, type TestDatabase, TestClock } from '@flowkeep/testing';
import { identityDatabase } from '../database.ts';
import { startIdentityStand } from '../identity.spec-stand.ts';

const total = 450;

await describeOnDialects('reading the audit log', (dialect) => {
  const clock = new TestClock();
  const ids = new UuidV7(clock);
  const [ada, bob] = [ids.next(), ids.next()];
  let test: TestDatabase;
  let stand: Awaited<ReturnType<typeof startIdentityStand>>;

  beforeAll(async () => {
    test = await openTestDatabase(identityDatabase, dialect, clock);
    stand = await startIdentityStand(test.database, clock);
    const events = Array.from({ length: total }, (_, index) => event(index + 1));
    for (let from = 0; from < total; from += 200) {
      await stand.keys.call(appendAudit, { events: events.slice(from, from + 200) }, systemContext);
    }
  });

  afterAll(async () => {
    await stand.stop();
    await test.close();
  });

  /** The events' times are their places, so that filters are easy to read. */
  const event = (place: number): AuditEvent => ({
    id: ids.next(),
    at: place,
    workspaceId: null,
    actorId: place % 10 === 0 ? bob : ada,
    keyId: null,
    action: place % 3 === 0 ? 'key.deleted' : place % 100 === 0 ? 'keyring.%_made' : 'key.created',
    subjectId: `subject ${place % 2}`,
    details: { place },
  });
  const as = (...granted: Permission[]): CallContext => ({
    caller: { userId: ada, username: 'ada', workspaceId: ada, rights: [...toRights(granted)] },
  });
  const list = (request: RequestInput<typeof listAudit>) => stand.gateway.call(listAudit, request, as('audit:view'));
  const places = (events: readonly AuditEntry[]) => events.map(({ sequence }) => sequence);
  const all = Array.from({ length: total }, (_, index) => total - index);

  it('shows the newest first, page by page to the end', async () => {
    const first = await list({});
    expect(places(first.events)).toEqual(all.slice(0, 100));
    expect(first.events[0]).toEqual({
      ...event(total),
      id: expect.any(String),
      service: 'keys',
      sequence: total,
    });
    const found = [...first.events];
    for (let { next } = first; next !== null;) {
      const page = await list({ before: next, take: 200 });
      found.push(...page.events);
      next = page.next;
    }
    expect(places(found)).toEqual(all);
  });

  it.each<[string, RequestInput<typeof listAudit>, (place: number) => boolean]>([
    ['an actor', { actorId: bob }, (place) => place % 10 === 0],
    ['an action', { action: 'key.deleted' }, (place) => place % 3 === 0],
    ['the beginning of an action', { action: 'key.' }, (place) => place % 3 === 0 || place % 100 !== 0],
    ['signs that mean themselves', { action: 'keyring.%' }, (place) => place % 100 === 0 && place % 3 !== 0],
    ['no pattern', { action: 'k%' }, () => false],
    ['a subject', { subjectId: 'subject 1' }, (place) => place % 2 === 1],
    ['a beginning', { from: 300 }, (place) => place >= 300],
    ['an end', { to: 300 }, (place) => place < 300],
    ['all of it', { actorId: bob, action: 'key.d', from: 60, to: 121 }, (place) => [60, 90, 120].includes(place)],
  ])('picks by %s', async (_what, filter, fits) => {
    const expected = all.filter(fits);
    expect(places((await list({ ...filter, take: 200 })).events)).toEqual(expected.slice(0, 200));
    const exported: AuditEntry[] = [];
    const { actorId, action, subjectId, from, to } = filter;
    const frames = stand.gateway.stream(exportAudit, { actorId, action, subjectId, from, to }, as('audit:view'));
    for await (const { events } of frames) exported.push(...events);
    expect(places(exported)).toEqual(expected);
  });

  it('is for those who may, and nobody else', async () => {
    const others = as('logs:view', 'workspaces:manage');
    await expect(stand.gateway.call(listAudit, {}, others)).rejects.toMatchObject({ code: 'insufficient_permission' });
    const frames = stand.gateway.stream(exportAudit, {}, others)[Symbol.asyncIterator]();
    await expect(frames.next()).rejects.toMatchObject({ code: 'insufficient_permission' });
    await expect(list({ take: 201 })).rejects.toMatchObject({ code: 'invalid_request' });
  });

  it('looks through a long log in steps, and says where to go on', async () => {
    await test.database.transaction(async (em) => {
      await query(em, 'update audit_head set sequence = 250000');
    });
    const found: AuditEntry[] = [];
    let pages = 0;
    for (let before: number | null = 250_001; before !== null; pages++) {
      const page: { events: AuditEntry[]; next: number | null } = await list({ before, actorId: bob, take: 200 });
      found.push(...page.events);
      before = page.next;
    }
    expect(pages).toBe(3);
    expect(found).toHaveLength(total / 10);
  });
});
