import { DomainError } from '@flowkeep/contracts';

export interface RunLimits {
  readonly nodes: number;
  readonly runMs: number;
  readonly nodeMs: number;
  /** Characters of all texts that a run's nodes produce together. */
  readonly textLength: number;
}

export const defaultLimits: RunLimits = {
  nodes: 1_000,
  runMs: 300_000,
  nodeMs: 120_000,
  textLength: 32 * 1024 * 1024,
};

export function limitExceeded(message: string): DomainError {
  return new DomainError('run_limit_exceeded', { message });
}

/** What a run gets instead of a text that is too long. */
export function textTooLong(limit: number): DomainError {
  return limitExceeded(`The run produced more than ${limit} characters of text.`);
}
