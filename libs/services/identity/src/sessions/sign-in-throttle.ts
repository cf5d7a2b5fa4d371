import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { SqlEntityManager } from '@mikro-orm/sql';
import { Clock } from '@flowkeep/config';
import { DomainError } from '@flowkeep/contracts';
import { Database, query } from '@flowkeep/persistence';
import { usernameKey } from '../users/names.ts';
import { networkOf } from './network-address.ts';

/** After how long without another one failures are forgotten. */
export const quietMs = 15 * 60_000;

const longestDelayMs = 5 * 60_000;

/** Failures without a delay. Lost refresh tokens are common: every open tab of an ended session tries its own. */
const freeFailures = { 'sign-in': 5, refresh: 20 } as const;

/** How many addresses per account are remembered as good. */
const keptAddresses = 10;

/** Who tries to sign in, as far as failures are counted. */
export interface Attempt {
  readonly account: string;
  readonly network: string;
  readonly address: string;
}

interface Failures {
  readonly id: string;
  readonly failures: number;
  readonly last_failed_at: number;
}

/**
 * Slows guessing down. Failures are counted per account and per address, in the database, so that all instances know of
 * them; from the fifth on each doubles the time until the next attempt is looked at. An account's delay does not bind
 * addresses that have signed in to it, so that strangers can't keep its owner out; an address's delay binds everybody
 * there.
 */
@Injectable()
export class SignInThrottle {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  attempt({ username, address }: { readonly username: string; readonly address: string }): Attempt {
    const account = createHash('sha256').update(usernameKey(username)).digest('hex');
    return { account, network: networkOf(address), address };
  }

  /**
   * Unknown names are counted as accounts are: the delay says nothing about whether there is one.
   *
   * @throws DomainError `too_many_attempts` with the seconds to wait
   */
  async check({ account, network }: Attempt): Promise<void> {
    const [ofAccount, ofAddress] = [accountId(account), addressId(network)];
    const { rows, known } = await this.database.read(async (em) => ({
      rows: await failuresOf(em, [ofAccount, ofAddress]),
      known: await isKnown(em, account, network),
    }));
    const binding = rows.filter(({ id }) => id === ofAddress || !known);
    this.requirePast(binding, freeFailures['sign-in']);
  }

  /** @param userId whose account it is; null when there is none */
  async failed({ account, network, address }: Attempt, userId: string | null): Promise<void> {
    // What is told of an account is not told of the address again.
    const rows = [
      { id: accountId(account), unreported: userId === null ? 0 : 1, userId },
      { id: addressId(network), unreported: userId === null ? 1 : 0, userId: null },
    ];
    await this.database.transaction(async (em) => {
      for (const row of rows) await this.count(em, { ...row, address });
    });
  }

  /** Forgets the account's failures and remembers its address. Those of the address still count: they may be others'. */
  async succeeded(em: SqlEntityManager, { account, network }: Attempt): Promise<void> {
    await query(em, 'update sign_in_throttle set failures = 0 where id = $1 and failures > 0', [accountId(account)]);
    await query(
      em,
      `insert into sign_in_address (account, address, used_at) values ($1, $2, $3)
       on conflict (account, address) do update set used_at = excluded.used_at`,
      [account, network, this.clock.now()],
    );
    await query(
      em,
      `delete from sign_in_address where account = $1 and address not in
         (select address from sign_in_address where account = $1 order by used_at desc, address limit ${keptAddresses})`,
      [account],
    );
  }

  /**
   * Counts a refresh token nobody knows.
   *
   * @throws DomainError `too_many_attempts` with the seconds to wait, when there were too many already
   */
  async unknownRefreshToken(address: string): Promise<void> {
    const id = refreshId(networkOf(address));
    this.requirePast(await this.database.read((em) => failuresOf(em, [id])), freeFailures.refresh);
    await this.database.transaction((em) => this.count(em, { id, unreported: 0, userId: null, address }));
  }

  private requirePast(rows: readonly Failures[], free: number): void {
    const now = this.clock.now();
    const waits = rows.map(({ failures, last_failed_at: last }) => {
      const delay = delayMs(failures, free);
      return Math.min(last + delay - now, delay);
    });
    const wait = Math.max(0, ...waits);
    if (wait > 0) throw new DomainError('too_many_attempts', { retryAfterSeconds: Math.ceil(wait / 1000) });
  }

  private async count(em: SqlEntityManager, row: Counted): Promise<void> {
    const now = this.clock.now();
    await query(em, increment, [row.id, now, row.unreported, row.userId, row.address, now - quietMs]);
  }
}

interface Counted {
  readonly id: string;
  readonly unreported: number;
  readonly userId: string | null;
  readonly address: string;
}

/** How long after the last failure the next attempt is not looked at. */
export function delayMs(failures: number, free: number): number {
  return failures < free ? 0 : Math.min(1000 * 2 ** Math.min(failures - free, 20), longestDelayMs);
}

const increment = `insert into sign_in_throttle
    (id, failures, last_failed_at, unreported, unreported_since, user_id, address) values ($1, 1, $2, $3, $2, $4, $5)
  on conflict (id) do update set
    failures = case when sign_in_throttle.last_failed_at <= $6 then 1 else sign_in_throttle.failures + 1 end,
    unreported_since =
      case when sign_in_throttle.unreported = 0 then excluded.unreported_since
      else sign_in_throttle.unreported_since end,
    unreported = sign_in_throttle.unreported + excluded.unreported,
    last_failed_at = excluded.last_failed_at,
    user_id = excluded.user_id,
    address = excluded.address`;

const accountId = (account: string) => `account:${account}`;
const addressId = (network: string) => `address:${network}`;
const refreshId = (network: string) => `refresh:${network}`;

async function failuresOf(em: SqlEntityManager, ids: readonly string[]): Promise<Failures[]> {
  const places = ids.map((_id, index) => `$${index + 1}`).join(', ');
  const sql = `select id, failures, last_failed_at from sign_in_throttle where id in (${places})`;
  return (await query<Failures>(em, sql, ids)).rows;
}

async function isKnown(em: SqlEntityManager, account: string, network: string): Promise<boolean> {
  const sql = 'select 1 from sign_in_address where account = $1 and address = $2';
  return (await query(em, sql, [account, network])).rows.length > 0;
}
