import type { z } from 'zod';
import type { ErrorCode } from './errors.ts';
import type { Permission } from './permissions.ts';
import type { DataServiceName, ServiceName } from './services.ts';

/**
 * Who an operation acts for: the calling service itself (`system`), any signed-in person or key (`signed-in`), or one
 * that has a permission. The receiver enforces it, whatever the caller already checked.
 */
export type Access = 'system' | 'signed-in' | Permission;

interface Declaration<Name extends string, Request extends z.ZodType> {
  /** `<callee>.<verb>`; also the bus subject. */
  readonly name: Name;
  readonly access: Access;
  /** The services that may call it; the broker and the in-process bus refuse all others. */
  readonly callers: readonly ServiceName[];
  readonly request: Request;
  /** The failures a caller should expect besides those of the bus itself. */
  readonly errors: readonly ErrorCode[];
  /** How long a caller waits for the reply, or for a stream's first frame. */
  readonly timeoutMs: number;
}

/** An operation with one reply. A lookup changes nothing and may be asked again; a mutation never is. */
export interface Call<
  Name extends string = string,
  Request extends z.ZodType = z.ZodType,
  Reply extends z.ZodType = z.ZodType,
> extends Declaration<Name, Request> {
  readonly kind: 'lookup' | 'mutation';
  readonly callee: DataServiceName;
  readonly reply: Reply;
}

/** An operation answered by a stream of frames under flow control. Never repeated once sent. */
export interface Stream<
  Name extends string = string,
  Request extends z.ZodType = z.ZodType,
  Frame extends z.ZodType = z.ZodType,
> extends Declaration<Name, Request> {
  readonly kind: 'stream';
  readonly callee: DataServiceName;
  readonly frame: Frame;
  /** Makes one frame of two neighbours that may travel together, or null when they must stay apart. */
  merge?(earlier: z.infer<Frame>, later: z.infer<Frame>): z.infer<Frame> | null;
}

/** News that may be lost: every listener's correctness holds without it. */
export interface Event<Name extends string = string, Payload extends z.ZodType = z.ZodType> {
  readonly kind: 'event';
  /** `<emitter>.<what changed>`. */
  readonly name: Name;
  readonly emitter: DataServiceName;
  readonly listeners: readonly ServiceName[];
  readonly payload: Payload;
}

export type Operation = Call | Stream;

export type RequestOf<Op extends Operation> = z.infer<Op['request']>;
/** What a caller may pass: fields with a default may be left out. */
export type RequestInput<Op extends Operation> = z.input<Op['request']>;
export type ReplyOf<Op extends Call> = z.infer<Op['reply']>;
export type FrameOf<Op extends Stream> = z.infer<Op['frame']>;
export type PayloadOf<E extends Event> = z.infer<E['payload']>;

type Named<Name extends string> = Name extends `${infer Callee extends DataServiceName}.${string}` ? Callee : never;

/** Declares an operation that changes nothing. */
export function lookup<
  const Name extends `${DataServiceName}.${string}`,
  const A extends Access,
  Request extends z.ZodType,
  Reply extends z.ZodType,
>(declaration: Omit<Call<Name, Request, Reply>, 'kind' | 'callee'> & { readonly access: A }) {
  return { ...declaration, kind: 'lookup' as const, callee: calleeOf(declaration.name) as Named<Name> };
}

/** Declares an operation that changes something. */
export function mutation<
  const Name extends `${DataServiceName}.${string}`,
  const A extends Access,
  Request extends z.ZodType,
  Reply extends z.ZodType,
>(declaration: Omit<Call<Name, Request, Reply>, 'kind' | 'callee'> & { readonly access: A }) {
  return { ...declaration, kind: 'mutation' as const, callee: calleeOf(declaration.name) as Named<Name> };
}

/** Declares an operation answered by frames. */
export function stream<
  const Name extends `${DataServiceName}.${string}`,
  const A extends Access,
  Request extends z.ZodType,
  Frame extends z.ZodType,
>(declaration: Omit<Stream<Name, Request, Frame>, 'kind' | 'callee'> & { readonly access: A }) {
  return { ...declaration, kind: 'stream' as const, callee: calleeOf(declaration.name) as Named<Name> };
}

/** Declares news that a service tells others. */
export function event<const Name extends `${DataServiceName}.${string}`, Payload extends z.ZodType>(
  declaration: Omit<Event<Name, Payload>, 'kind' | 'emitter'>,
) {
  return { ...declaration, kind: 'event' as const, emitter: calleeOf(declaration.name) as Named<Name> };
}

function calleeOf(name: string): string {
  return name.slice(0, name.indexOf('.'));
}
