import type { SqlEntityManager } from '@mikro-orm/sql';
import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { type CancelTimer, Clock } from '@flowkeep/config';
import { generateRefreshToken, hashKey, nextRefreshToken } from '@flowkeep/crypto';
import { Database, query } from '@flowkeep/persistence';
import { Logger } from '@flowkeep/telemetry';
import { randomBytes } from 'node:crypto';

/** How long the previous token may come again: the answer got lost, or two tabs of one browser raced. */
export const graceMs = 10_000;

const sweepIntervalMs = 10_000;

/** Rows one sweep takes, so that nothing waits long for it. */
const sweepLimit = 200;

/** What became of a token that was presented: the one that follows it, or that it was used before. */
export type Rotation = { readonly successor: string } | 'reused' | 'unknown';

interface TokenRow {
  readonly used_at: number | null;
  readonly successor_secret: string | null;
  readonly grace_ends_at: number | null;
}

/**
 * The chain of refresh tokens of each session. Only hashes are stored, yet the successor of a token can be told again
 * during the grace: it is the HMAC of the token under a secret made for that step. The database has the secret but never
 * the token, the client has the token but never the secret, so neither alone leads to the successor. The secret is wiped
 * when the successor is used, or by the next sweep after the grace.
 *
 * Every method runs in the transaction of its entity manager; those that change a chain want the session's row locked.
 */
@Injectable()
export class RefreshTokens implements OnModuleDestroy {
  private readonly stopSweeping: CancelTimer;
  private sweeping: Promise<void> | undefined;

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {
    this.stopSweeping = clock.every(sweepIntervalMs, () => {
      this.sweeping ??= this.sweep().finally(() => (this.sweeping = undefined));
    });
  }

  async onModuleDestroy(): Promise<void> {
    this.stopSweeping();
    await this.sweeping;
  }

  /**
   * Starts the chain of a new session.
   *
   * @param expiresAt when the session ends at the very latest, in milliseconds since 1970
   */
  async start(em: SqlEntityManager, sessionId: string, expiresAt: number): Promise<string> {
    const token = generateRefreshToken();
    await insert(em, hashKey(token), sessionId, expiresAt);
    return token;
  }

  /** The session a token belongs to, used or not; null when there is no such token. */
  async sessionOf(em: SqlEntityManager, token: string): Promise<string | null> {
    const { rows } = await query<{ session_id: string }>(em, 'select session_id from refresh_token where hash = $1', [
      hashKey(token),
    ]);
    return rows[0]?.session_id ?? null;
  }

  /** Uses a token. Within the grace, the immediately previous one leads to the same successor again. */
  async rotate(em: SqlEntityManager, token: string, sessionId: string, expiresAt: number): Promise<Rotation> {
    const hash = hashKey(token);
    const found = await query<TokenRow>(
      em,
      'select used_at, successor_secret, grace_ends_at from refresh_token where hash = $1 and session_id = $2',
      [hash, sessionId],
    );
    const [row] = found.rows;
    if (row === undefined) return 'unknown';
    const now = this.clock.now();
    if (row.used_at !== null) {
      const graceful = row.successor_secret !== null && Number(row.grace_ends_at) > now;
      return graceful ? { successor: nextRefreshToken(token, Buffer.from(row.successor_secret, 'hex')) } : 'reused';
    }
    const secret = randomBytes(32);
    const successor = nextRefreshToken(token, secret);
    await query(
      em,
      `update refresh_token set successor_secret = null, grace_ends_at = null
       where session_id = $1 and successor_secret is not null`,
      [sessionId],
    );
    await query(
      em,
      'update refresh_token set used_at = $2, successor_secret = $3, grace_ends_at = $4 where hash = $1',
      [hash, now, secret.toString('hex'), now + graceMs],
    );
    await insert(em, hashKey(successor), sessionId, expiresAt);
    return { successor };
  }

  /** Forgets the tokens of a session that has ended. */
  async forget(em: SqlEntityManager, sessionId: string): Promise<void> {
    await query(em, 'delete from refresh_token where session_id = $1', [sessionId]);
  }

  /** Wipes what is not needed any more. What fails is tried again at the next turn. */
  private async sweep(): Promise<void> {
    const now = this.clock.now();
    try {
      await this.database.transaction(async (em) => {
        await query(
          em,
          'update refresh_token set successor_secret = null, grace_ends_at = null where grace_ends_at <= $1',
          [now],
        );
        await query(
          em,
          `delete from refresh_token where hash in (select hash from refresh_token where expires_at <= $1 limit $2)`,
          [now, sweepLimit],
        );
      });
    } catch (error) {
      this.logger.warn('old refresh tokens could not be swept', { error });
    }
  }
}

async function insert(em: SqlEntityManager, hash: string, sessionId: string, expiresAt: number): Promise<void> {
  await query(em, 'insert into refresh_token (hash, session_id, expires_at) values ($1, $2, $3)', [
    hash,
    sessionId,
    expiresAt,
  ]);
}
