import { keySetRoutes } from '../auth/key-set.routes.ts';
import { healthRoutes } from '../health/routes.ts';
import { flowiseRoutes } from '../dialects/flowise/routes/index.ts';
import { langflowRoutes } from '../dialects/langflow/routes/index.ts';
import { nativeRoutes } from '../dialects/native/routes.ts';
import type { Route } from './route.ts';

/** Every route the gateway serves. Tests sweep it; a route that is not in it stops the start. */
export const routeTable: readonly Route[] = [
  ...Object.values(healthRoutes),
  ...Object.values(keySetRoutes),
  ...Object.values(langflowRoutes),
  ...Object.values(flowiseRoutes),
  ...Object.values(nativeRoutes),
];

/** Whether some address could match both routes: same method, same number of segments, no two fixed ones that differ. */
export function overlap(left: Route, right: Route): boolean {
  if (left.method !== right.method) return false;
  const lefts = left.path.split('/');
  const rights = right.path.split('/');
  if (lefts.length !== rights.length) return false;
  return lefts.every((segment, index) => {
    const other = rights[index] as string;
    return segment.startsWith(':') || other.startsWith(':') || segment === other;
  });
}

/**
 * Pairs that overlap on purpose: the fixed word wins over the parameter.
 * `[fixed, with parameter]`, each as `METHOD path`.
 */
export const declaredOverlaps: readonly (readonly [string, string])[] = [];

/** A handler as the router registered it. */
export interface ServedRoute {
  readonly method: string;
  readonly path: string;
  readonly route: Route | undefined;
}

/**
 * Compares what is served with what is declared.
 *
 * @param served every handler of the running server
 * @throws Error naming every handler that no declared route stands for or that answers elsewhere than declared, and
 *   every declared route that nobody serves, or more than one handler does
 */
export function requireRoutes(served: readonly ServedRoute[], declared: readonly Route[] = routeTable): void {
  const handlers = new Map(declared.map((route) => [route, 0]));
  const problems: string[] = [];
  for (const { method, path, route } of served) {
    const known = route === undefined ? undefined : handlers.get(route);
    if (route === undefined || known === undefined) {
      problems.push(`${method} ${path} has no declared route`);
      continue;
    }
    handlers.set(route, known + 1);
    if (method !== route.method || path !== route.path) {
      problems.push(`${method} ${path} is declared as ${route.method} ${route.path}`);
    }
  }
  for (const [{ method, path }, count] of handlers) {
    if (count === 0) problems.push(`${method} ${path} is declared and nobody serves it`);
    if (count > 1) problems.push(`${method} ${path} is served ${count} times`);
  }
  if (problems.length > 0) throw new Error(problems.join('\n'));
}
