import type { z } from 'zod';
import type { NativeRoute } from './native-route.ts';
import type { NativeRouteName } from './paths.ts';
import { accountRoutes } from './routes/account.ts';
import { auditRoutes } from './routes/audit.ts';
import { credentialRoutes } from './routes/credentials.ts';
import { flowRoutes } from './routes/flows.ts';
import { keyRoutes } from './routes/keys.ts';
import { sessionRoutes } from './routes/sessions.ts';
import { userRoutes } from './routes/users.ts';
import { variableRoutes } from './routes/variables.ts';
import { vaultRoutes } from './routes/vault.ts';
import { workspaceRoutes } from './routes/workspaces.ts';

export const nativeRoutes = {
  ...accountRoutes,
  ...userRoutes,
  ...workspaceRoutes,
  ...sessionRoutes,
  ...keyRoutes,
  ...variableRoutes,
  ...credentialRoutes,
  ...vaultRoutes,
  ...flowRoutes,
  ...auditRoutes,
} as const satisfies Record<NativeRouteName, NativeRoute>;

type Routes = typeof nativeRoutes;
type Part<Name extends NativeRouteName, Key extends 'params' | 'query' | 'body'> =
  Routes[Name] extends Readonly<Record<Key, infer Schema extends z.ZodType>>
    ? Readonly<Record<Key, z.input<Schema>>>
    : unknown;

/** What a client gives a route: `params`, `query` and `body`, as far as the route has them. */
export type NativeInput<Name extends NativeRouteName> = Part<Name, 'params'> & Part<Name, 'query'> & Part<Name, 'body'>;

/** What a route answers with; of a stream, one frame. */
export type NativeReply<Name extends NativeRouteName> = z.infer<Routes[Name]['reply']>;
