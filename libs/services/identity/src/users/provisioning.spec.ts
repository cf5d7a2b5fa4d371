import { expect, it } from '@jest/globals';
import { addExamples, importEnvironment } from '@flowkeep/contracts';
import { describeOnDialects, openTestDatabase, RecordingLogger, StubBus, TestClock } from '@flowkeep/testing';
import { PasswordHasher } from '@flowkeep/crypto';
import { UuidV7 } from '@flowkeep/persistence';
import { AuditKeys } from '../audit/audit-keys.ts';
import { AuditService } from '../audit/audit.service.ts';
import { identityDatabase } from '../database.ts';
import { answerAsVault } from '../identity.spec-stand.ts';
import { IdentityOptions } from '../identity-options.ts';
import { Bootstrap } from './bootstrap.ts';
import { Provisioning } from './provisioning.ts';
import { UserEntity } from './user.entity.ts';

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
    const audit = new AuditService(database, new AuditKeys(database, bus));
    const bootstrap = new Bootstrap(database, new UuidV7(clock), new PasswordHasher(), audit, clock);
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
