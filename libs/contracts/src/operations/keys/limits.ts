import { z } from 'zod';
import { timestampMs, uuid } from '../../fields.ts';
import { mutation } from '../../operation.ts';

/** The flows and projects a key may open; both empty = everything its holder may. */
export const keyScope = z.object({ flowIds: z.array(uuid).max(500), projectIds: z.array(uuid).max(500) });

/** So many requests per window; windows follow each other without a gap. */
export const rateLimit = z.object({
  requests: z.int().min(1).max(1_000_000),
  windowSeconds: z.int().min(1).max(86_400),
});

export type RateLimit = z.infer<typeof rateLimit>;

const amount = z.int().min(1).max(1_000_000_000).nullable();

/** So many requests per day and month, both UTC; null = no such limit. */
export const quota = z.object({ daily: amount.default(null), monthly: amount.default(null) });

export type Quota = z.infer<typeof quota>;

/** When the window of each limit began that a lease was counted in; null where the key has no such limit. */
export const leaseWindows = z.object({
  rate: timestampMs.nullable(),
  daily: timestampMs.nullable(),
  monthly: timestampMs.nullable(),
});

export type LeaseWindows = z.infer<typeof leaseWindows>;

/**
 * Hands out a part of what a key may still do: the gateway counts it down without asking again. It is spent once it is
 * handed out, so that all gateways together never exceed a limit, also when one ends without giving back.
 */
export const leaseKey = mutation({
  name: 'keys.lease',
  access: 'system',
  callers: ['gateway'],
  /** `wanted`: how many requests wait for it; a sixteenth of what is left if that is more. */
  request: z.object({ keyId: uuid, wanted: z.int().min(1).max(10_000) }),
  reply: z.object({
    /** 0 when nothing is left, or the key has no limits any more. */
    granted: z.int().nonnegative(),
    /** What ran out, if something did. */
    exhausted: z.enum(['rate', 'quota']).nullable(),
    windows: leaseWindows,
    /** How long the lease counts, or after how long there is more. */
    validForMs: z.int().nonnegative(),
    /** Of the limit that is nearest to its end: how much it is, what is left of it, and when it begins anew. */
    limit: z.int().nonnegative(),
    left: z.int().nonnegative(),
    resetInMs: z.int().nonnegative(),
  }),
  errors: ['key_invalid'],
  timeoutMs: 2_000,
});

/** Gives back what was not spent of leases. What belongs to a window that is over is not needed any more. */
export const returnLeases = mutation({
  name: 'keys.returnLeases',
  access: 'system',
  callers: ['gateway'],
  request: z.object({
    leases: z
      .array(z.object({ keyId: uuid, unspent: z.int().positive(), windows: leaseWindows }))
      .min(1)
      .max(200),
  }),
  reply: z.object({}),
  errors: [],
  timeoutMs: 5_000,
});
