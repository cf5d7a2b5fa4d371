export * from './database.ts';
export * from './database-errors.ts';
export * from './definition.ts';
export * from './migrate-database.ts';
export { openDatabase } from './open-database.ts';
export * from './ownership.ts';
export * from './query.ts';
export * from './uuid-v7.ts';
export * from './service-database.ts';
