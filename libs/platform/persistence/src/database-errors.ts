import { DomainError } from '@flowkeep/contracts';

/** PostgreSQL's classes of failure (first two characters of SQLSTATE) that say the server can't serve now. */
const outageClasses = new Set(['08', '53', '57', '58']);
/** Deadlock, serialization failure, lock not available: the same work may succeed a moment later. */
const contention = new Set(['40001', '40P01', '55P03']);

const networkCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);

/** The driver gives these no code. */
const connectionMessages =
  /^(Connection terminated|timeout exceeded when trying to connect|Query read timeout|Client has encountered a connection error)/;

/** SQLite's primary result codes for trouble with the file or the disk: PERM, READONLY, IOERR, FULL, CANTOPEN. */
const fileTrouble = new Set([3, 8, 10, 13, 14]);
const sqliteBusy = new Set([5, 6]);

interface DriverError {
  readonly message: string;
  readonly code?: string;
  /** SQLite's extended result code. */
  readonly errcode?: number;
}

/**
 * Turns a failure of the database itself into `unavailable`, and one of contention into `busy`, and takes the value out of
 * what is said about a wrong one; anything else comes back as it is. Details carry codes only: messages of the database may
 * quote rows.
 */
export function toDomainError(error: unknown): unknown {
  if (error instanceof DomainError || !(error instanceof Error)) return error;
  const { code, errcode, message } = error as DriverError;
  const detail = `database: ${code ?? message}${errcode === undefined ? '' : ` ${errcode}`}`;
  const primary = errcode === undefined ? -1 : errcode & 0xff;
  if (contention.has(code ?? '') || sqliteBusy.has(primary)) return new DomainError('busy', { detail, cause: error });
  const outage =
    networkCodes.has(code ?? '') ||
    fileTrouble.has(primary) ||
    connectionMessages.test(message) ||
    (code !== undefined && /^[0-9A-Z]{5}$/.test(code) && outageClasses.has(code.slice(0, 2)));
  if (outage) return new DomainError('unavailable', { detail, cause: error });
  // PostgreSQL's class of wrong values: its sentences repeat them, and logs would then.
  if (/^22[0-9A-Z]{3}$/.test(code ?? '')) return new Error(`the database refused a value (${code})`, { cause: error });
  return error;
}

/** Whether a statement failed because another row already has one of its unique values. */
export function isUniqueViolation(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code, errcode, message } = error as DriverError;
  // 2067 and 1555: a unique column or primary key of SQLite.
  return code === '23505' || errcode === 2067 || errcode === 1555 || message.includes('UNIQUE constraint failed');
}
