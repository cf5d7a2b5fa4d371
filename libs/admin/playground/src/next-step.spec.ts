import { expect, it } from '@jest/globals';
import { ApiProblem } from '@flowkeep/admin-api';
import { nextStepOf } from './next-step.ts';

it.each([
  ['variable_missing', 'Add it under Variables'],
  ['provider_timeout', 'Wait a moment'],
  ['something_new', 'Change the message or the flow'],
])('after %s one is told what to do', (code, step) => {
  expect(nextStepOf(new ApiProblem({ title: 'x', status: 500, code }))).toContain(step);
});

it('a bug of the page has a next step too', () => {
  expect(nextStepOf(new TypeError('x'))).toContain('send again');
});
