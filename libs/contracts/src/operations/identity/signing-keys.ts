import { z } from 'zod';
import { timestampMs } from '../../fields.ts';
import { lookup, mutation } from '../../operation.ts';

/** What every access token says about itself; a token that says otherwise is refused. */
export const accessToken = { algorithm: 'ES256', issuer: 'flowkeep', audience: 'flowkeep', type: 'access' } as const;

/** The public keys that access tokens are verified with, as a JSON Web Key Set. */
export const jwks = lookup({
  name: 'identity.jwks',
  access: 'system',
  callers: ['gateway'],
  request: z.object({}),
  reply: z.object({
    keys: z.array(
      z.object({
        kty: z.literal('EC'),
        crv: z.literal('P-256'),
        alg: z.literal('ES256'),
        use: z.literal('sig'),
        kid: z.string(),
        x: z.string(),
        y: z.string(),
      }),
    ),
  }),
  errors: [],
  timeoutMs: 6_000,
});

/**
 * A key access tokens are signed with. It is published before it signs (`pending`), and is verified with (`retired`)
 * until no token signed by it can be good any more.
 */
const signingKey = z.object({
  kid: z.string(),
  status: z.enum(['pending', 'active', 'retired']),
  /** Null for the key of an installation that was made before there was rotation. */
  createdAt: timestampMs.nullable(),
  /** From when on it signs. */
  activeAt: timestampMs,
  /** Until when tokens signed by it count; null while no other key follows. */
  verifiesUntil: timestampMs.nullable(),
});

const signingKeys = z.object({ keys: z.array(signingKey) });

/** The keys access tokens are or were signed with, newest first, without their private parts. */
export const listSigningKeys = lookup({
  name: 'identity.listSigningKeys',
  access: 'settings:manage',
  callers: ['gateway'],
  request: z.object({}),
  reply: signingKeys,
  errors: [],
  timeoutMs: 6_000,
});

/**
 * Makes the key that signs next; nobody is signed out. Asked again before that key signs, it changes nothing.
 *
 * `conflict` while too many older keys still count.
 */
export const rotateSigningKey = mutation({
  name: 'identity.rotateSigningKey',
  access: 'settings:manage',
  callers: ['gateway'],
  request: z.object({}),
  reply: signingKeys,
  errors: ['conflict'],
  timeoutMs: 10_000,
});
