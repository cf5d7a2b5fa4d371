import type { Permission } from '@flowkeep/contracts';
import type { z } from 'zod';

/**
 * Who may come in: anybody (`public`), anybody, told apart from strangers when their credential is good (`optional`),
 * anybody signed in or with a key (`signed-in`), or whoever has a permission. There is no default: a handler without a
 * declared route stops the start.
 */
export type RouteAccess = 'public' | 'optional' | 'signed-in' | Permission;

/** The shape of a dialect's answers and errors. */
export type DialectName = 'langflow' | 'flowise' | 'native' | 'plain';

/** What a body is read as; a request with any other content type is 415. */
export type BodyKind = 'json' | 'form' | 'multipart';

/** One HTTP route as data: from it come Nest's routing, the access decision, validation and the tests' sweeps. */
export interface Route<
  Params extends z.ZodType = z.ZodType,
  Query extends z.ZodType = z.ZodType,
  Body extends z.ZodType = z.ZodType,
> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** In the router's syntax, without a trailing slash; both forms answer. */
  readonly path: `/${string}`;
  readonly access: RouteAccess;
  readonly dialect: DialectName;
  /** Status of success. */
  readonly status: number;
  readonly params?: Params;
  readonly query?: Query;
  readonly body?: Body;
  readonly consumes?: BodyKind;
}

/** Declares a route, keeping the types of its schemas. */
export function route<Params extends z.ZodType, Query extends z.ZodType, Body extends z.ZodType>(
  declaration: Route<Params, Query, Body>,
): Route<Params, Query, Body> {
  return declaration;
}

/** What a handler of the route gets: every part parsed by its schema. */
export type InputOf<R> =
  R extends Route<infer Params, infer Query, infer Body>
    ? { readonly params: z.infer<Params>; readonly query: z.infer<Query>; readonly body: z.infer<Body> }
    : never;
