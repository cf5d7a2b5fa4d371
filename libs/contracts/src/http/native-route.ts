import { z } from 'zod';
import { timestampMs } from '../fields.ts';
import type { Access, Operation } from '../operation.ts';

/** What a native route takes and gives. `params`, `query` and `body` together are the request of its operation. */
export interface NativeRoute {
  /** One sentence for the API's description. */
  readonly summary: string;
  /** Status of success. */
  readonly status: 200 | 201;
  /** Who may come in; the operation's own rule where there is one. */
  readonly access: Exclude<Access, 'system'>;
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodObject;
  /** What is asked; null for what the gateway knows by itself. */
  readonly operation: Operation | null;
  readonly reply: z.ZodType;
}

/** A route that is its operation: the same access, the same reply. */
export function asked<const Op extends Operation & { access: Exclude<Access, 'system'> }, const Rest extends Parts>(
  operation: Op,
  summary: string,
  rest: Rest,
) {
  const reply = (operation.kind === 'stream' ? operation.frame : operation.reply) as ReplySchema<Op>;
  return { ...rest, status: rest.status ?? (200 as const), summary, access: operation.access, operation, reply };
}

type Parts = Partial<Pick<NativeRoute, 'params' | 'query' | 'body' | 'status'>>;
type ReplySchema<Op> = Op extends { reply: infer Reply } ? Reply : Op extends { frame: infer Frame } ? Frame : never;

/** Makes an object refuse fields it does not know, as the native API does. */
export function strict<Shape extends z.ZodRawShape>(object: z.ZodObject<Shape>) {
  return object.strict();
}

/** Which rows of a list. Numbers in a query are texts. */
export const page = z.strictObject({
  skip: z.coerce.number().int().min(0).max(1_000_000).default(0),
  take: z.coerce.number().int().min(1).max(1000).default(100),
});

/** A moment in a query. */
export const timeInQuery = z.coerce.number().pipe(timestampMs).optional();
