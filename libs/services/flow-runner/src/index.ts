export { flowRunnerDatabase } from './database.ts';
export * from './flow-runner.module.ts';
export { type FlowRunnerDependencies, startFlowRunner } from './start-flow-runner.ts';
