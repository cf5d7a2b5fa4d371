import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { systemContext } from '@flowkeep/bus';
import { keyHolder } from '@flowkeep/contracts';
import { describeOnDialects, openTestDatabase, TestClock, type TestDatabase } from '@flowkeep/testing';
import { identityDatabase } from '../database.ts';
import { startIdentityStand } from '../identity.spec-stand.ts';
import { insertAccount } from './new-account.ts';
import { UserEntity } from './user.entity.ts';

await describeOnDialects('whoever holds a key of the operator', (dialect) => {
  let test: TestDatabase;
  let clock: TestClock;
  let stand: Awaited<ReturnType<typeof startIdentityStand>>;

  beforeEach(async () => {
    clock = new TestClock();
    test = await openTestDatabase(identityDatabase, dialect, clock);
    stand = await startIdentityStand(test.database, clock);
  });
  afterEach(async () => {
    await stand.stop();
    await test.close();
  });

  const id = (number: number) => `0198c0de-0000-7000-8000-00000000000${number}`;
  const add = (number: number, username: string, superuser: boolean) =>
    test.database.transaction((em) =>
      insertAccount(em, {
        ...{ id: id(number), workspaceId: id(number + 4), username, email: null, passwordHash: 'none' },
        ...{ active: true, superuser, mustChangePassword: false, examplesPending: false, optins: {} },
        now: clock.now() + number,
      }),
    );
  const find = (username: string | null) => stand.keys.call(keyHolder, { username }, systemContext);

  it('is the first superuser who is active, or whoever is named', async () => {
    await expect(find(null)).rejects.toMatchObject({ code: 'user_not_found' });
    await add(1, 'Ada', false);
    await expect(find(null)).rejects.toMatchObject({ code: 'user_not_found' });
    await add(3, 'Root', true);
    await add(2, 'Admin', true);
    expect(await find(null)).toEqual({ userId: id(2), workspaceId: id(6) });
    expect(await find(' ada')).toEqual({ userId: id(1), workspaceId: id(5) });
    await expect(find('nobody')).rejects.toMatchObject({ code: 'user_not_found' });
    await test.database.transaction((em) => em.nativeUpdate(UserEntity, { id: id(2) }, { active: false }));
    expect(await find(null)).toMatchObject({ userId: id(3) });
  });
});
