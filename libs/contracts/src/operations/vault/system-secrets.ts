import { z } from 'zod';
import { sha256Hex } from '../../fields.ts';
import { lookup, mutation } from '../../operation.ts';
import { secret } from '../../secret.ts';

/** The name of a secret that a service keeps for itself, for example `access-token-key`. */
const systemSecretName = z.string().regex(/^[a-z0-9][a-z0-9.-]{0,127}$/);

/** A secret of the calling service; no service can name another's. */
export const readSystemSecret = lookup({
  name: 'vault.system',
  access: 'system',
  callers: ['identity', 'keys', 'runner'],
  request: z.object({ name: systemSecretName }),
  reply: z.object({ value: secret(z.string()).nullable() }),
  errors: [],
  timeoutMs: 5_000,
});

/** Stores a secret of the calling service unless it has one of that name; answers with the one that counts. */
export const keepSystemSecret = mutation({
  name: 'vault.keepSystem',
  access: 'system',
  callers: ['identity', 'keys', 'runner'],
  request: z.object({ name: systemSecretName, value: secret(z.string().min(1).max(65_536)) }),
  reply: z.object({ value: secret(z.string()), created: z.boolean() }),
  errors: [],
  timeoutMs: 5_000,
});

/**
 * Replaces a secret of the calling service, if it still is the one the caller knows. Answers with the one that counts,
 * null when there is none; of several replacements at once the first counts, and the others see it.
 */
export const replaceSystemSecret = mutation({
  name: 'vault.replaceSystem',
  access: 'system',
  callers: ['identity'],
  request: z.object({
    name: systemSecretName,
    /** SHA-256 of the value that is to be replaced. */
    previous: sha256Hex,
    value: secret(z.string().min(1).max(65_536)),
  }),
  reply: z.object({ value: secret(z.string()).nullable(), replaced: z.boolean() }),
  errors: [],
  timeoutMs: 5_000,
});
