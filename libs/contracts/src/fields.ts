import { z } from 'zod';

/** The kinds of field that several contracts share, each with its bound. */
export const uuid = z.uuid();
/** Milliseconds since 1970, UTC. */
export const timestampMs = z.int().nonnegative();
/** Text without a NUL or half a surrogate pair, which PostgreSQL can't store. */
export const storableText = z
  .string()
  .refine((text) => !text.includes('\u0000') && text.isWellFormed(), 'Must not have a NUL or half a surrogate pair.');
export const username = storableText.trim().min(1).max(255);
export const displayName = storableText.trim().min(1).max(255);
/** Lower-case hex SHA-256. */
export const sha256Hex = z.string().regex(/^[0-9a-f]{64}$/);
/** How often a row changed; a cache never replaces a higher revision by a lower one. */
export const revision = z.int().nonnegative();
/** What a client calls a flow by: its id or its endpoint name. */
export const flowReference = z.string().min(1).max(255);
export const sessionId = z.string().min(1).max(255);
/** Rows from the start of a list; with `take`, a page. */
export const skip = z.int().min(0).max(1_000_000);
export const take = z.int().min(1).max(1000);
