export * from './test-clock.ts';
export * from './stub-bus.ts';
export * from './test-database.ts';
