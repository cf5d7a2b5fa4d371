import { z } from 'zod';
import { serviceNames } from './services.ts';
import { uuid } from './fields.ts';

/** On whose behalf a call is made. Computed by the gateway from facts, checked again by every receiver. */
export const caller = z.object({
  userId: uuid,
  username: z.string(),
  workspaceId: uuid,
  /** The key the request came with; absent for a session. */
  keyId: uuid.optional(),
  sessionId: uuid.optional(),
  /** A `Rights` bitmap: the effective right of this request. */
  rights: z.array(z.int().nonnegative()),
  /** The flows and projects the key is limited to; absent = no limit. */
  scope: z.object({ flowIds: z.array(uuid), projectIds: z.array(uuid) }).optional(),
});

export type Caller = z.infer<typeof caller>;

export const traceId = z.string().regex(/^[0-9a-f]{32}$/);

/** Parts of bus subjects that others choose: nothing in them may end a part or a line. */
export const busInstance = z.string().regex(/^[0-9a-z]{1,32}$/);
export const busRequestId = z.string().regex(/^[0-9a-z-]{1,64}$/);

/** What travels with every request on the bus. */
export const envelope = z.object({
  v: z.literal(1),
  /** Random per request; the same in a retry, so that a receiver can tell. */
  id: busRequestId,
  /** The name of the calling service's instance, for control frames and logs. */
  instance: busInstance,
  caller: caller.nullable(),
  trace: traceId,
  /** How many bus calls lie above this one: 0 for a call made by the gateway for a request. */
  hop: z.int().min(0).max(16),
  /** Milliseconds the caller still waits. Relative, so that clocks need not agree. */
  remainingMs: z.int().nonnegative(),
});

export type Envelope = z.infer<typeof envelope>;

/** The bus's limits, the same on both transports. */
export const busLimits = {
  /** Larger bodies are sent in frames of this size. */
  frameBytes: 256 * 1024,
  bodyBytes: 64 * 1024 * 1024,
  /** What a stream's consumer lets the producer send ahead. */
  creditFrames: 64,
  creditBytes: 256 * 1024,
  beatMs: 5_000,
  silenceMs: 15_000,
  /** A consumer that takes nothing for this long is cancelled. */
  stalledReaderMs: 30_000,
  /** How long a stop waits for what is under way. */
  drainMs: 30_000,
  /** How long token frames after the first may be held back to travel together. */
  mergeMs: 20,
} as const;

export const serviceName = z.enum(serviceNames);
