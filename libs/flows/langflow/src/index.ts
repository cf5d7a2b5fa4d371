export { documentLimits } from './bounds.ts';
export * from './document.ts';
export * from './graph.ts';
export * from './secrets.ts';
