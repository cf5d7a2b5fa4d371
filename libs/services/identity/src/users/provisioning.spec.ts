import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { systemContext } from '@flowkeep/bus';
import { addExamples, DomainError, importEnvironment, type RequestOf, signIn } from '@flowkeep/contracts';
import {
  describeOnDialects,
  openTestDatabase,
  RecordingLogger,
  settle,
  StubBus,
  TestClock,
  type TestDatabase,
} from '@flowkeep/testing';
import { PasswordHasher } from '@flowkeep/crypto';
import { UuidV7 } from '@flowkeep/persistence';
import { AuditKeys } from '../audit/audit-keys.ts';
import { OwnEvents } from '../audit/own-events.ts';
import { AuditService } from '../audit/audit.service.ts';
import { identityDatabase } from '../database.ts';
import { answerAsVault } from '../identity.spec-stand.ts';
import { IdentityOptions } from '../identity-options.ts';
import { startIdentityStand } from '../identity.spec-stand.ts';
import { Bootstrap } from './bootstrap.ts';
import { Provisioning } from './provisioning.ts';
import { UserEntity } from './user.entity.ts';

await describeOnDialects('the variables of the environment', (dialect) => {
  const password = 'a password';
  let clock: TestClock;
  let test: TestDatabase;
  let stand: Awaited<ReturnType<typeof startIdentityStand>>;
  let imports: RequestOf<typeof importEnvironment>[];

  beforeEach(async () => {
    clock = new TestClock();
    test = await openTestDatabase(identityDatabase, dialect, clock);
    stand = await startIdentityStand(test.database, clock);
    await stand.app.get(Bootstrap).createSuperuser({ username: 'Ada', password, generated: false });
    imports = [];
  });
  afterEach(async () => {
    await stand.stop();
    await test.close();
  });

  const firstUser = () => test.database.read((em) => em.findOneOrFail(UserEntity, { superuser: true }));
  const signInAsAda = () => {
    const request = { username: 'ada', password, address: '192.0.2.7', userAgent: 'test' };
    return stand.gateway.call(signIn, request, systemContext);
  };
  const answer = () =>
    stand.stub.answer(importEnvironment, (request) => {
      imports.push(request);
      return { imported: 1 };
    });
  const asked = () => stand.stub.calls.filter((name) => name === importEnvironment.name).length;

  /** What the timers start needs the database, which takes its own time. */
  async function untilAsked(times: number): Promise<void> {
    for (let looks = 0; looks < 500 && asked() < times; looks++) await pause(5);
    expect(asked()).toBe(times);
    await settle();
  }

  it("go to the first user's workspace as soon as the vault answers", async () => {
    await clock.advance(500);
    await untilAsked(1);
    await clock.advance(999);
    expect(asked()).toBe(1);
    answer();
    await clock.advance(1);
    await untilAsked(2);
    const { id: userId, defaultWorkspaceId: workspaceId } = await firstUser();
    expect(imports).toEqual([{ workspaceId, userId }]);
  });

  it("are in a person's own workspace when the sign-in is answered", async () => {
    answer();
    const { userId } = await signInAsAda();
    expect(imports).toEqual([{ workspaceId: (await firstUser()).defaultWorkspaceId, userId }]);
  });

  it('keep nobody out while the vault is away', async () => {
    expect(await signInAsAda()).toMatchObject({ refreshToken: expect.any(String) });
    expect(stand.log.lines).toContainEqual(
      expect.objectContaining({ level: 'warn', message: 'the environment could not be imported' }),
    );
  });

  it('are not waited for by a stop', async () => {
    const waiting = new Promise<{ imported: number }>((_resolve, reject) =>
      stand.stub.answer(importEnvironment, (_request, { signal }) => {
        signal?.addEventListener('abort', () => reject(new DomainError('run_cancelled')));
        return waiting;
      }),
    );
    await clock.advance(500);
    await untilAsked(1);
    await stand.app.get(Provisioning).onModuleDestroy();
    await clock.advance(60_000);
    expect(asked()).toBe(1);
  });
});

await describeOnDialects('what a new server provides', (dialect) => {
  it.each([
    ['are examples, once flow-runner is there', true, 1],
    ['are no examples where nobody wants them', false, 0],
  ])('%s', async (_what, examples, expected) => {
    const clock = new TestClock();
    const test = await openTestDatabase(identityDatabase, dialect, clock);
    const { database } = test;
    const bus = new StubBus('identity');
    answerAsVault(bus, new Map());
    const ids = new UuidV7(clock);
    const events = new OwnEvents(new AuditService(database, new AuditKeys(database, bus)), ids, clock);
    const bootstrap = new Bootstrap(database, ids, new PasswordHasher(), events, clock);
    await bootstrap.createSuperuser({ username: 'Ada', password: 'a password', generated: false });
    const options = new IdentityOptions({ accessTokenSeconds: 1, sessionSeconds: 1, examples });
    const pending = () => database.read((em) => em.count(UserEntity, { examplesPending: true }));
    const asked: string[] = [];

    const round = async () => {
      const delivery = new Provisioning(database, bus, clock, new RecordingLogger(), options);
      delivery.onModuleInit();
      await clock.advance(500);
      await delivery.onModuleDestroy();
    };
    await round();
    expect(await pending()).toBe(1);
    bus.answer(importEnvironment, () => ({ imported: 0 }));
    bus.answer(addExamples, ({ workspaceId }) => {
      asked.push(workspaceId);
      return { added: 4 };
    });
    await round();
    await round();
    expect(asked).toHaveLength(expected);
    expect(await pending()).toBe(0);
    await test.close();
  });
});
