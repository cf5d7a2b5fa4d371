export * from './changes.ts';
export * from './document.ts';
export * from './graph.ts';
export * from './secrets.ts';
export { documentLimits } from './bounds.ts';
