import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { type Bus, systemContext } from '@flowkeep/bus';
import { refresh, signIn } from '@flowkeep/contracts';
import { generateRefreshToken, PasswordHasher } from '@flowkeep/crypto';
import { openDatabase, query } from '@flowkeep/persistence';
import { describeOnDialects, openTestDatabase, type TestDatabase, TestClock } from '@flowkeep/testing';
import { AuditEventEntity } from '../audit/audit-event.entity.ts';
import { identityDatabase } from '../database.ts';
import { startIdentityStand } from '../identity.spec-stand.ts';
import { Bootstrap } from '../users/bootstrap.ts';
import { UserEntity } from '../users/user.entity.ts';
import { SignInAddressEntity, SignInThrottleEntity } from './sign-in-throttle.entity.ts';
import { delayMs } from './sign-in-throttle.ts';

const password = 'the right password';
const [home, stranger, other] = ['192.0.2.7', '198.51.100.1', '203.0.113.9'];
const minuteMs = 60_000;

it.each([
  [0, 0],
  [4, 0],
  [5, 1_000],
  [6, 2_000],
  [7, 4_000],
  [13, 256_000],
  [14, 300_000],
  [1_000_000, 300_000],
])('after %i failures the next attempt waits %i ms', (failures, expected) => {
  expect(delayMs(failures, 5)).toBe(expected);
});

await describeOnDialects('guessing passwords', (dialect) => {
  let test: TestDatabase;
  let clock: TestClock;
  let vault: Map<string, string>;
  let stand: Awaited<ReturnType<typeof startIdentityStand>>;
  let hashes: jest.SpiedFunction<PasswordHasher['verify']>;

  beforeEach(async () => {
    clock = new TestClock();
    vault = new Map();
    test = await openTestDatabase(identityDatabase, dialect, clock);
    stand = await startIdentityStand(test.database, clock, vault);
    await stand.app.get(Bootstrap).createSuperuser({ username: 'Ada', password, generated: false });
    hashes = jest.spyOn(stand.app.get(PasswordHasher), 'verify');
  });

  afterEach(async () => {
    await stand.stop();
    await test.close();
  });

  interface Asked {
    readonly from?: string;
    readonly name?: string;
    readonly secret?: string;
    readonly over?: Bus;
  }

  /** `in`, or the code of the failure, with the seconds to wait if it says so. */
  async function ask({ from = stranger, name = 'ada', secret = 'a wrong one', over = stand.gateway }: Asked = {}) {
    const request = { username: name, password: secret, address: from, userAgent: 'test' };
    try {
      await over.call(signIn, request, systemContext);
      return 'in';
    } catch (error) {
      const { code, retryAfterSeconds } = error as { code: string; retryAfterSeconds?: number };
      return retryAfterSeconds === undefined ? code : `${code} ${retryAfterSeconds}`;
    }
  }
  async function askOften(times: number, asked: Asked = {}): Promise<string[]> {
    const answers: string[] = [];
    for (let time = 0; time < times; time++) answers.push(await ask(asked));
    return answers;
  }
  const right = { secret: password };
  const failed = 'sign_in_failed';
  const wait = (seconds: number) => `too_many_attempts ${seconds}`;
  const rows = () => test.database.read((em) => em.findAll(SignInThrottleEntity, { orderBy: { id: 'asc' } }));
  const events = () => test.database.read((em) => em.find(AuditEventEntity, { action: 'sign-in.failed' }));

  async function restart(): Promise<void> {
    await stand.stop();
    stand = await startIdentityStand(test.database, clock, vault);
  }

  /** Lets time pass and what is due afterwards be done: the database answers in its own time. */
  async function pass(timeMs: number): Promise<void> {
    await clock.advance(timeMs);
    await restart();
    await clock.advance(30_000);
    await restart();
  }

  it.each(['ada', 'nobody'])('of %s takes longer with every failure, up to five minutes', async (name) => {
    expect(await askOften(7, { name })).toEqual([...Array<string>(5).fill(failed), wait(1), wait(1)]);
    expect(hashes).toHaveBeenCalledTimes(5);
    for (const seconds of [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]) {
      await clock.advance(seconds * 1_000 - 1);
      expect(await ask({ name })).toBe(wait(1));
      await clock.advance(1);
      expect(await ask({ name })).toBe(failed);
    }
    // The right password is not even looked at.
    hashes.mockClear();
    expect(await ask({ name, ...right })).toBe(wait(300));
    expect(hashes).not.toHaveBeenCalled();
  });

  it('of one name under several cases is guessing of one account, wherever it comes from', async () => {
    for (const [index, name] of ['ada', 'ADA', ' Ada', 'aDa', 'ada '].entries()) {
      expect(await ask({ name, from: `198.51.100.${index}` })).toBe(failed);
    }
    expect(await ask({ from: other, ...right })).toBe(wait(1));
  });

  it('from one address is guessing, whatever the names', async () => {
    for (const name of ['a', 'b', 'c', 'd', 'e']) expect(await ask({ name })).toBe(failed);
    expect(await ask({ name: 'f' })).toBe(wait(1));
    expect(await ask(right)).toBe(wait(1));
    expect(await ask({ from: other, ...right })).toBe('in');
  });

  it('from one network of IPv6 is guessing from one address', async () => {
    for (const end of [1, 2, 3, 4, 5]) expect(await ask({ name: `n${end}`, from: `2001:db8::${end}` })).toBe(failed);
    expect(await ask({ from: '2001:db8::6' })).toBe(wait(1));
    expect(await ask({ from: '2001:db8:0:1::6' })).toBe(failed);
  });

  it('does not keep the owner out, who signed in from there before', async () => {
    expect(await ask({ from: home, ...right })).toBe('in');
    await askOften(5);
    expect(await ask(right)).toBe(wait(1));
    expect(await ask({ from: other, ...right })).toBe(wait(1));
    expect(await ask({ from: home, ...right })).toBe('in');
  });

  it('is limited at the address of the owner too', async () => {
    await ask({ from: home, ...right });
    expect(await askOften(6, { from: home })).toEqual([...Array<string>(5).fill(failed), wait(1)]);
    expect(await ask({ from: home, ...right })).toBe(wait(1));
  });

  it('is forgotten for the account by a success, and not for the address', async () => {
    await ask({ from: home, ...right });
    await askOften(4);
    expect(await ask({ from: home, ...right })).toBe('in');
    expect(await ask({ from: other })).toBe(failed);
    expect(await ask({ from: stranger })).toBe(failed);
    expect(await ask({ from: stranger })).toBe(wait(1));
    expect(await ask({ from: other })).toBe(failed);
  });

  it('is forgotten after a quarter of an hour without a failure', async () => {
    await askOften(5);
    await clock.advance(15 * minuteMs - 1);
    expect(await ask()).toBe(failed);
    expect(await ask()).toBe(wait(2));
    await clock.advance(15 * minuteMs);
    expect(await askOften(6)).toEqual([...Array<string>(5).fill(failed), wait(1)]);
  });

  it('goes no faster with many attempts at once, while right ones all pass', async () => {
    const wrong = await Promise.all(Array.from({ length: 20 }, () => ask()));
    expect(wrong.filter((answer) => answer === failed)).toHaveLength(5);
    const all = await Promise.all(Array.from({ length: 12 }, () => ask({ from: other, name: 'ada', ...right })));
    expect(new Set(all)).toEqual(new Set([wait(1)]));
    await clock.advance(1_000);
    expect(new Set(await Promise.all(Array.from({ length: 12 }, () => ask({ from: other, ...right }))))).toEqual(
      new Set(['in']),
    );
  });

  it('does not fill the queue of those who wait for their turn', async () => {
    await askOften(5);
    const flood = Promise.all(Array.from({ length: 200 }, () => ask()));
    expect(await ask({ from: home, name: 'nobody' })).toBe(failed);
    expect(new Set(await flood)).toEqual(new Set([wait(1)]));
    const crowd = Array.from({ length: 70 }, (_, index) => ask({ from: `203.0.113.${index}`, name: `n${index}` }));
    expect((await Promise.all(crowd)).filter((answer) => answer === 'busy 1')).not.toHaveLength(0);
  });

  it('is counted over all instances', async () => {
    await askOften(5);
    const database = await openDatabase(identityDatabase, test.options);
    const second = await startIdentityStand(database, clock, vault);
    expect(await ask({ over: second.gateway })).toBe(wait(1));
    await second.stop();
    await database.close();
  });

  it('of an inactive account looks like any other', async () => {
    await test.database.transaction(async (em) => {
      await em.nativeUpdate(UserEntity, { usernameKey: 'ada' }, { active: false });
    });
    expect(await askOften(6)).toEqual([...Array<string>(5).fill(failed), wait(1)]);
  });

  it('leaves ten good addresses of an account', async () => {
    for (let end = 1; end <= 12; end++) {
      expect(await ask({ from: `203.0.113.${end}`, ...right })).toBe('in');
      await clock.advance(1);
    }
    await ask({ from: '203.0.113.3', ...right });
    const good = await test.database.read((em) => em.findAll(SignInAddressEntity));
    const ends = good.map(({ address }) => Number(address.split('.').at(-1))).toSorted((left, right_) => left - right_);
    expect(ends).toEqual([3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    await askOften(5);
    expect(await ask({ from: '203.0.113.1', ...right })).toBe(wait(1));
    expect(await ask({ from: '203.0.113.12', ...right })).toBe('in');
  });

  describe('is told to the audit log', () => {
    it('once per account in ten minutes, with a count', async () => {
      const { id: userId } = await test.database.read((em) => em.findOneOrFail(UserEntity, { usernameKey: 'ada' }));
      await askOften(5);
      await pass(9 * minuteMs);
      await ask({ from: other });
      expect(await events()).toEqual([]);
      await pass(minuteMs);
      expect(await events()).toMatchObject([
        { subjectId: userId, actorId: null, service: 'identity', details: { failures: 6, address: other } },
      ]);
      await ask({ from: other });
      await pass(10 * minuteMs);
      expect((await events()).map(({ details }) => details['failures'])).toEqual([6, 1]);
    });

    it('by address where there is no account, without the names that were tried', async () => {
      await ask({ name: 'my-password-by-mistake' });
      await ask({ name: 'another' });
      await pass(10 * minuteMs);
      expect(await events()).toMatchObject([{ subjectId: null, details: { failures: 2, address: stranger } }]);
      const kept = [await events(), await rows(), stand.log.text()];
      expect(JSON.stringify(kept)).not.toContain('my-password');
    });

    it('once, however many instances there are', async () => {
      await ask();
      const database = dialect === 'sqlite' ? test.database : await openDatabase(identityDatabase, test.options);
      const another = () => startIdentityStand(database, clock, vault);
      let second = await another();
      await clock.advance(11 * minuteMs);
      // A stop waits for the turn under way; the next one is both instances' at the same moment.
      await second.stop();
      await restart();
      second = await another();
      await clock.advance(30_000);
      await second.stop();
      await restart();
      if (database !== test.database) await database.close();
      expect(await events()).toHaveLength(1);
    });
  });

  it('leaves nothing behind', async () => {
    await askOften(2);
    await ask({ name: 'nobody' });
    expect((await rows()).map(({ id }) => id.split(':')[0])).toEqual(['account', 'account', 'address']);
    await pass(11 * minuteMs);
    await pass(15 * minuteMs);
    expect(await rows()).toEqual([]);
  });
});

await describeOnDialects('guessing refresh tokens', (dialect) => {
  let test: TestDatabase;
  let clock: TestClock;
  let stand: Awaited<ReturnType<typeof startIdentityStand>>;

  beforeEach(async () => {
    clock = new TestClock();
    test = await openTestDatabase(identityDatabase, dialect, clock);
    stand = await startIdentityStand(test.database, clock);
    await stand.app.get(Bootstrap).createSuperuser({ username: 'Ada', password, generated: false });
  });

  afterEach(async () => {
    await stand.stop();
    await test.close();
  });

  const present = (refreshToken: string, address: string) =>
    stand.gateway.call(refresh, { refreshToken, address }, systemContext).then(
      () => 'in',
      (error: unknown) => (error as { code: string }).code,
    );

  it('is limited per address, and keeps nobody from refreshing', async () => {
    const client = { username: 'ada', password, address: stranger, userAgent: 'test' };
    const { refreshToken } = await stand.gateway.call(signIn, client, systemContext);
    for (let time = 0; time < 20; time++) {
      expect(await present(generateRefreshToken(), stranger)).toBe('refresh_token_invalid');
    }
    expect(await present(generateRefreshToken(), stranger)).toBe('too_many_attempts');
    expect(await present(generateRefreshToken(), other)).toBe('refresh_token_invalid');
    expect(await present(refreshToken, stranger)).toBe('in');
    await expect(stand.gateway.call(signIn, client, systemContext)).resolves.toBeDefined();
    await clock.advance(1_000);
    expect(await present(generateRefreshToken(), stranger)).toBe('refresh_token_invalid');
  });

  it('can not fill the table', async () => {
    const place = (index: string) => `'refresh:' || ${index}, 1, ${clock.now()} + ${index}, 0, 0, ''`;
    const columns = '(id, failures, last_failed_at, unreported, unreported_since, address)';
    await test.database.transaction((em) =>
      query(
        em,
        dialect === 'sqlite'
          ? `with recursive n(i) as (select 1 union all select i + 1 from n where i < 20500)
             insert into sign_in_throttle ${columns} select ${place('i')} from n`
          : `insert into sign_in_throttle ${columns} select ${place('i')} from generate_series(1, 20500) i`,
      ),
    );
    await clock.advance(30_000);
    await stand.stop();
    expect(await test.database.read((em) => em.count(SignInThrottleEntity))).toBe(20_000);
    expect(await test.database.read((em) => em.count(SignInThrottleEntity, { id: 'refresh:500' }))).toBe(0);
    stand = await startIdentityStand(test.database, clock);
  });
});
