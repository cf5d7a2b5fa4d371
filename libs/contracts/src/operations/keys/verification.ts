import { z } from 'zod';
import type { ErrorCode } from '../../errors.ts';
import { credentialFacts } from '../../facts.ts';
import { revision, sha256Hex, uuid } from '../../fields.ts';
import { lookup, mutation } from '../../operation.ts';

/** Facts about the key with this SHA-256. The key itself never crosses the bus here. */
export const verifyKey = lookup({
  name: 'keys.verify',
  access: 'system',
  callers: ['gateway'],
  request: z.object({ hash: sha256Hex }),
  reply: credentialFacts,
  errors: ['key_invalid'],
  timeoutMs: 2_000,
});

/**
 * Disables the key with this SHA-256, whoever holds it: it was found where it must not be.
 *
 * The reply names it for the asker's caches alone; whoever reported it is not told whether there is such a key.
 */
export const reportKey = mutation({
  name: 'keys.report',
  access: 'keys:report',
  callers: ['gateway'],
  request: z.object({ hash: sha256Hex }),
  reply: z.object({ disabled: z.object({ keyId: uuid, revision }).nullable() }),
  errors: [],
  timeoutMs: 5_000,
});

/** Why a key does not count, as a word programs can read. */
export const keyVerdicts = [
  'not_found',
  'disabled',
  'expired',
  'not_yet_valid',
  'rate_limited',
  'quota_exceeded',
  'forbidden_address',
  'insufficient_permission',
] as const;

export type KeyVerdict = (typeof keyVerdicts)[number];

/** The verdict behind each failure of a key. */
export const verdictOfError: Readonly<Partial<Record<ErrorCode, KeyVerdict>>> = {
  key_invalid: 'not_found',
  key_disabled: 'disabled',
  key_expired: 'expired',
  key_not_yet_valid: 'not_yet_valid',
  rate_limited: 'rate_limited',
  key_quota_exceeded: 'quota_exceeded',
  key_forbidden_address: 'forbidden_address',
  insufficient_permission: 'insufficient_permission',
};
