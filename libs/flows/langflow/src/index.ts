export * from './changes.ts';
export * from './document.ts';
export * from './graph.ts';
export * from './secrets.ts';
export * from './variables.ts';
export { documentLimits } from './bounds.ts';
