export { flowRunnerDatabase } from './database.ts';
export * from './flow-runner.module.ts';
