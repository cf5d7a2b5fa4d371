export * from './transient-map.ts';
