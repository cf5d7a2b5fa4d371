import { applyDecorators, HttpCode, RequestMapping, RequestMethod, SetMetadata } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { Route } from './route.ts';

export const routeMetadata = Symbol('flowkeep route');

/** Makes a controller method answer a declared route: its path, success status and access rule in one decorator. */
export function Serves(route: Route): MethodDecorator {
  return applyDecorators(
    RequestMapping({ path: route.path, method: RequestMethod[route.method] }),
    HttpCode(route.status),
    RouteConfig({ route }),
    SetMetadata(routeMetadata, route),
  );
}
