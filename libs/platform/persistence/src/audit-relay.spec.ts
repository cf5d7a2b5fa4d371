import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { appendAudit, type AuditEvent } from '@flowkeep/contracts';
import { SilentLogger } from '@flowkeep/telemetry';
import {
  describeOnDialects,
  describeSchema,
  openTestDatabase,
  StubBus,
  TestClock,
  type TestDatabase,
} from '@flowkeep/testing';
import { AuditOutbox, AuditRelay, type DatabaseDefinition, OutboxEntity, outboxStatements, UuidV7 } from './index.ts';

const definition: DatabaseDefinition = {
  service: 'keys',
  entities: [OutboxEntity],
  migrations: [{ name: '0001-initial', ...outboxStatements }],
};

await describeSchema(definition);

await describeOnDialects('the audit relay', (dialect) => {
  let test: TestDatabase;
  let clock: TestClock;
  let bus: StubBus;
  let outbox: AuditOutbox;
  let relay: AuditRelay;
  let ids: UuidV7;
  let arrived: AuditEvent[][];
  /** Resolves at the next arrival; the database answers in its own time, so tests wait for events and not for turns. */
  let arrival: PromiseWithResolvers<null>;

  beforeEach(async () => {
    test = await openTestDatabase(definition, dialect);
    clock = new TestClock();
    bus = new StubBus('keys');
    outbox = new AuditOutbox();
    ids = new UuidV7(clock);
    arrived = [];
    arrival = Promise.withResolvers();
    relay = new AuditRelay({ outbox, database: test.database, bus, clock, logger: new SilentLogger() });
    identityAnswers();
  });
  afterEach(async () => {
    await relay.stop();
    await test.close();
  });

  function identityAnswers(): void {
    bus.answer(appendAudit, ({ events }) => {
      arrived.push(events);
      arrival.resolve(null);
      arrival = Promise.withResolvers();
      return { acknowledged: events.length };
    });
  }

  const event = (action: string): AuditEvent => ({
    id: ids.next(),
    at: clock.now(),
    workspaceId: null,
    actorId: null,
    keyId: null,
    action,
    subjectId: null,
    details: { "it's": true },
  });
  const record = (...events: AuditEvent[]) =>
    test.database.transaction(async (em) => {
      for (const one of events) await outbox.record(em, one);
    });
  const waiting = () => test.database.read((em) => em.count(OutboxEntity));

  it('hands events over in order soon after they were recorded, and forgets them', async () => {
    const events = ['key.created', 'key.deleted', 'key.created'].map(event);
    await record(...events);
    const next = arrival.promise;
    await clock.advance(50);
    await next;
    expect(arrived).toEqual([events]);
    await relay.stop();
    expect(await waiting()).toBe(0);
  });

  it('hands over no more than 200 at once', async () => {
    await record(...Array.from({ length: 450 }, () => event('key.created')));
    await relay.stop();
    expect(arrived.map((batch) => batch.length)).toEqual([200, 200, 50]);
  });

  it('finds what another instance recorded', async () => {
    const another = new AuditOutbox();
    await test.database.transaction((em) => another.record(em, event('key.created')));
    const next = arrival.promise;
    await clock.advance(1_000);
    await next;
    expect(arrived).toHaveLength(1);
  });

  it('keeps events while identity is away and asks less and less often', async () => {
    const asked = Promise.withResolvers<null>();
    bus.answer(appendAudit, () => {
      asked.resolve(null);
      throw new Error('away');
    });
    await record(event('key.created'));
    await clock.advance(50);
    await asked.promise;
    await record(event('key.deleted'));
    await clock.advance(500);
    expect(bus.calls).toHaveLength(1);
    expect(await waiting()).toBe(2);
    identityAnswers();
    const next = arrival.promise;
    await clock.advance(1_500);
    await next;
    expect(arrived[0]).toHaveLength(2);
  });

  it('records nothing of a change that did not happen, and nothing identity would refuse', async () => {
    const undone = test.database.transaction(async (em) => {
      await outbox.record(em, event('key.created'));
      throw new Error('undone');
    });
    await expect(undone).rejects.toThrow('undone');
    await expect(record({ ...event('x'.repeat(65)) })).rejects.toThrow();
    expect(await waiting()).toBe(0);
  });
});
