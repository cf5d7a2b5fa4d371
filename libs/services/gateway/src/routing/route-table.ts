import { healthRoutes } from '../health/routes.ts';
import { langflowRoutes } from '../dialects/langflow/routes.ts';
import type { Route } from './route.ts';

/** Every route the gateway serves. Tests sweep it; a route that is not in it stops the start. */
export const routeTable: readonly Route[] = [...Object.values(healthRoutes), ...Object.values(langflowRoutes)];

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

/** @throws Error naming every handler that no declared route stands for, and every declared route nobody serves */
export function requireRoutes(served: readonly { method: string; path: string; route: Route | undefined }[]): void {
  const problems = served
    .filter(({ route }) => route === undefined || !routeTable.includes(route))
    .map(({ method, path }) => `${method} ${path} has no declared route`);
  const answered = new Set(served.map(({ route }) => route));
  const missing = routeTable
    .filter((route) => !answered.has(route))
    .map(({ method, path }) => `${method} ${path} is declared and nobody serves it`);
  if (problems.length + missing.length > 0) throw new Error([...problems, ...missing].join('\n'));
}
