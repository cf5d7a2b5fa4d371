export * from './keys.ts';
export * from './limits.ts';
export * from './usage.ts';
export * from './verification.ts';
