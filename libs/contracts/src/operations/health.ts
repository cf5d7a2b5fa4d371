import { z } from 'zod';
import { lookup } from '../operation.ts';

const declaration = {
  access: 'system',
  callers: ['gateway'],
  request: z.object({}),
  reply: z.object({ database: z.enum(['ok', 'failing']) }),
  errors: [],
  timeoutMs: 2_000,
} as const;

/** Whether a service is there and reaches its database. */
export const identityHealth = lookup({ name: 'identity.health', ...declaration });
export const keysHealth = lookup({ name: 'keys.health', ...declaration });
export const vaultHealth = lookup({ name: 'vault.health', ...declaration });
export const runnerHealth = lookup({ name: 'runner.health', ...declaration });
