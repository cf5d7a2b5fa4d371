export * from './cors.ts';
export * from './fastify-adapter.ts';
export * from './json-depth.ts';
export * from './security-headers.ts';
export * from './trust-proxy.ts';
