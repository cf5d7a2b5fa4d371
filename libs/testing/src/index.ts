export * from './exports.ts';
export * from './graph.ts';
export * from './langflow-export.ts';
export * from './stub-bus.ts';
export * from './test-clock.ts';
export * from './test-database.ts';
export * from './schema.ts';
