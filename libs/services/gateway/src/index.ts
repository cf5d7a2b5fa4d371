export { type Gateway, type GatewayDependencies, startGateway } from './create-gateway.ts';
export { routeTable } from './routing/route-table.ts';
export type { Route } from './routing/route.ts';
