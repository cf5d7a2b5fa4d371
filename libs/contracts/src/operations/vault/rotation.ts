import { z } from 'zod';
import { timestampMs, uuid } from '../../fields.ts';
import { lookup, mutation } from '../../operation.ts';

/** What changes: the key that data keys are wrapped under, or the keys that values are encrypted with. */
export const rotationKinds = ['secret-key', 'data-keys'] as const;

/** One that was cancelled gave way to another; one that failed met too much that can't be opened. */
export const rotationStates = ['running', 'finished', 'cancelled', 'failed'] as const;

/** A change of keys, and how far it is. */
export const rotation = z.object({
  id: uuid,
  kind: z.enum(rotationKinds),
  /** The one workspace whose data key is changed; null for all of them and the services' own. */
  workspaceId: uuid.nullable(),
  state: z.enum(rotationStates),
  /** How many data keys or values there were at the start. */
  total: z.int(),
  /** How many of them are under the new key, read back and opened. */
  done: z.int(),
  /** How many could not be opened before either, and stayed as they are. */
  unreadable: z.int(),
  startedAt: timestampMs,
  updatedAt: timestampMs,
  finishedAt: timestampMs.nullable(),
});

export type Rotation = z.infer<typeof rotation>;

/** Wraps every data key under the secret key of the settings. Goes on in the background, while everything is served. */
export const rotateSecretKey = mutation({
  name: 'vault.rotateSecretKey',
  access: 'vault:rotate',
  callers: ['gateway'],
  request: z.object({}),
  reply: rotation,
  errors: ['rotation_running', 'rotation_unneeded'],
  timeoutMs: 5_000,
});

/**
 * Makes a new data key for a workspace, or for each and for the services themselves, and encrypts what is there anew. Goes
 * on in the background, while everything is served.
 */
export const rotateDataKeys = mutation({
  name: 'vault.rotateDataKeys',
  access: 'vault:rotate',
  callers: ['gateway'],
  request: z.object({ workspaceId: uuid.optional() }),
  reply: rotation,
  errors: ['rotation_running', 'workspace_not_found'],
  timeoutMs: 5_000,
});

/** Which secret key the data are under, and the change of keys that was started last. */
export const rotationStatus = lookup({
  name: 'vault.rotation',
  access: 'vault:rotate',
  callers: ['gateway'],
  request: z.object({}),
  reply: z.object({
    secretKey: z.object({
      /** By which keys are told apart; leads nobody to the key. */
      id: z.string(),
      /** Whether that is the key of the settings. If not, the change to it was not made yet. */
      configured: z.boolean(),
    }),
    rotation: rotation.nullable(),
  }),
  errors: [],
  timeoutMs: 5_000,
});
