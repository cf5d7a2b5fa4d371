export * from './test-clock.ts';
export * from './langflow-export.ts';
export * from './graph.ts';
export * from './exports.ts';
