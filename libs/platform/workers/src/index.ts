export * from './answering-thread.ts';
export * from './worker-pool.ts';
export type { WorkerTask } from './worker-task.ts';
