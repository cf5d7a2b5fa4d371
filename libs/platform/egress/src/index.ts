export type { EgressLimits } from './connections.ts';
export type { Resolver } from './destinations.ts';
export { Egress, type EgressOptions } from './egress.ts';
export { EgressError, type EgressErrorCode } from './egress-error.ts';
export { guardGlobals } from './guard-globals.ts';
export { isSpecialAddress } from './special-addresses.ts';
