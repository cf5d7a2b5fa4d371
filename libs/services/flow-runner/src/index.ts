export { flowRunnerDatabase } from './database.ts';
export { type FlowRunnerDependencies, startFlowRunner } from './start-flow-runner.ts';
