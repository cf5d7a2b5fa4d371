import { describe, jest } from '@jest/globals';
import { missingParts } from '@flowkeep/testing';
import type { Mode } from './installation.ts';

// Starting five processes takes its time; what is asserted is never how long something took.
jest.setTimeout(120_000);

/** Registers the same cases for both modes; what a mode needs and this machine lacks is skipped by name. */
export async function describeModes(name: string, define: (mode: Mode) => void): Promise<void> {
  describe(`${name}, standalone`, () => define('standalone'));
  await describeDistributed(name, () => define('distributed'));
}

/** The same for what only several processes can show. */
export async function describeDistributed(name: string, define: () => void): Promise<void> {
  const missing = await missingParts(['nats', 'postgres']);
  if (missing.length === 0) describe(`${name}, distributed`, define);
  else describe.skip(`${name}, distributed: no ${missing.join(' and no ')} here`, define);
}
