import { describe, expect, it } from '@jest/globals';
import { ApiProblem, problemOf, sentenceOf } from './api-problem.ts';

describe('a failure is told', () => {
  const problem = (path: (string | number)[]) =>
    new ApiProblem({
      title: 'Not valid.',
      status: 422,
      code: 'x',
      issues: [{ path, code: 'y', message: 'Too long.' }],
    });

  it.each([
    ['by the server’s sentence', new ApiProblem({ title: 'Not found.', status: 404, code: 'x' }), 'Not found.'],
    ['by the field that was refused', problem(['body', 'fields', 0]), 'fields.0: Too long.'],
    ['by the issue alone when it is about everything', problem(['body']), 'Too long.'],
    [
      'without inner words for a bug',
      new TypeError('x is undefined'),
      'Something went wrong on this page. Reload it and try again.',
    ],
  ])('%s', (_how, error, sentence) => {
    expect(sentenceOf(error)).toBe(sentence);
  });

  it.each([
    ['no JSON', '<html>', 502],
    ['JSON without words', '{}', 500],
    ['nothing', '', 500],
    ['a list', '[]', 500],
  ])('even when the answer is %s', async (_what, body, status) => {
    const read = await problemOf(new Response(body, { status }));
    expect(read).toMatchObject({ status, code: 'unknown' });
    expect(read.message).toContain('does not understand');
  });
});
