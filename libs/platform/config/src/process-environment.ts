import type { Environment } from './settings.ts';

/** The process's own environment: the one place that reads it. */
export function processEnvironment(): Environment {
  return process.env;
}
