import { type NativeRoute, type NativeRouteName, nativePaths, nativeRoutes as declared } from '@flowkeep/contracts';
import type { Route } from '../../routing/route.ts';

/** The native API as the contracts declare it, in the router's terms. */
export const nativeRoutes = Object.fromEntries(
  Object.keys(nativePaths).map((name) => [name, toRoute(name as NativeRouteName)]),
) as Record<NativeRouteName, Route>;

function toRoute(name: NativeRouteName): Route {
  const { access, status, params, query, body }: NativeRoute = declared[name];
  return {
    ...nativePaths[name],
    access,
    status,
    dialect: 'native',
    ...(params === undefined ? {} : { params }),
    ...(query === undefined ? {} : { query }),
    ...(body === undefined ? {} : { body, consumes: 'json' as const }),
  };
}
