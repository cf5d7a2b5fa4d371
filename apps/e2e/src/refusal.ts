import { expect } from '@jest/globals';
import type { Program } from './program.ts';

/** For values that are wrong or secret; a start that fails never prints it. */
export const canary = 'canary-wrong-value';

/** Ends with code 2 and exactly these lines on standard error. */
export async function expectRefusal(program: Program, lines: readonly (string | RegExp)[]): Promise<void> {
  const code = await program.exit();
  const written = program.errors.trimEnd().split('\n');
  expect({ code, written }).toEqual({
    code: 2,
    written: lines.map((line) => (typeof line === 'string' ? line : expect.stringMatching(line))),
  });
  expect(program.text).not.toContain(canary);
  expect(program.text).not.toMatch(/^\s+at /m);
}
