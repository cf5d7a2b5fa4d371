export * from './arguments.ts';
export * from './lifecycle.ts';
export * from './service-process.ts';
