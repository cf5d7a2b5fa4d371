import { calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose';
import { z } from 'zod';
import { accessToken, type jwks, type listSigningKeys, type ReplyOf } from '@flowkeep/contracts';

/** How long a new key is published before it signs: many times what it takes until every gateway has heard of it. */
export const activationDelayMs = 60_000;

/**
 * How long a key that signs no more is verified with after its last token has expired. As long may an instance that
 * can't ask the vault go on signing with what it knows, and clocks may differ.
 */
export const overlapMarginMs = 3_600_000;

/** Keys that count at a time; more are made by nobody who means it. */
export const maxKeys = 16;

const keyPair = z.object({ kid: z.string(), x: z.string(), y: z.string(), d: z.string() });

const storedKey = keyPair.extend({
  createdAt: z.int().nullable(),
  activeAt: z.int(),
  verifiesUntil: z.int().nullable(),
});

/** Before there was rotation the vault held a single key, by itself. */
const storedSet = z.union([
  z.object({ keys: z.array(storedKey).min(1) }),
  keyPair.transform((key) => ({ keys: [{ ...key, createdAt: null, activeAt: 0, verifiesUntil: null }] })),
]);

/** A key with its times, in milliseconds since 1970. */
export type StoredKey = z.infer<typeof storedKey>;

/** The keys access tokens are signed with, in the order they were made. Never empty. */
export type KeySet = readonly StoredKey[];

/** Reads a set as the vault has it. */
export function parseKeySet(value: string): KeySet {
  return storedSet.parse(JSON.parse(value)).keys;
}

/** Writes it as the vault keeps it. */
export function formatKeySet(keys: KeySet): string {
  return JSON.stringify({ keys });
}

/** Makes a key that signs from `activeAt` on. */
export async function makeKey(createdAt: number, activeAt: number): Promise<StoredKey> {
  const { privateKey } = await generateKeyPair(accessToken.algorithm, { extractable: true });
  const jwk = await exportJWK(privateKey);
  const { x, y, d } = keyPair.omit({ kid: true }).parse(jwk);
  return { kid: await calculateJwkThumbprint(jwk), x, y, d, createdAt, activeAt, verifiesUntil: null };
}

/** The key that signs now: the last one whose time has come. */
export function signerOf(keys: KeySet, nowMs: number): StoredKey {
  return keys.findLast(({ activeAt }) => activeAt <= nowMs) ?? (keys[0] as StoredKey);
}

/** The keys that count now, those that do not sign yet among them. */
export function countingKeys(keys: KeySet, nowMs: number): KeySet {
  const signer = signerOf(keys, nowMs);
  return keys.filter((key) => key === signer || key.verifiesUntil === null || key.verifiesUntil > nowMs);
}

/**
 * Adds a key that follows all others.
 *
 * @param tokenLifetimeMs how long the tokens are good for that the others sign until then
 */
export function withSuccessor(keys: KeySet, next: StoredKey, tokenLifetimeMs: number): KeySet {
  const verifiesUntil = next.activeAt + tokenLifetimeMs + overlapMarginMs;
  return [...keys.map((key) => ({ ...key, verifiesUntil: key.verifiesUntil ?? verifiesUntil })), next];
}

/** What everybody may know of a key. */
export function publicKeyOf({ kid, x, y }: StoredKey): ReplyOf<typeof jwks>['keys'][number] {
  return { kty: 'EC', crv: 'P-256', alg: accessToken.algorithm, use: 'sig', kid, x, y };
}

/** The set as administrators see it, newest first. */
export function describeKeys(keys: KeySet, nowMs: number): ReplyOf<typeof listSigningKeys> {
  const signer = signerOf(keys, nowMs);
  const described = countingKeys(keys, nowMs).map((key) => {
    const { kid, createdAt, activeAt, verifiesUntil } = key;
    const status =
      key === signer ? ('active' as const) : activeAt > nowMs ? ('pending' as const) : ('retired' as const);
    return { kid, status, createdAt, activeAt, verifiesUntil };
  });
  return { keys: described.toReversed() };
}
