import { describe, expect, it } from '@jest/globals';
import { globalVariablesOf } from './global-variables.ts';

describe('the variables of a request', () => {
  it('are the headers of that form, as text', () => {
    const headers = {
      'x-langflow-global-var-openai_api_key': 'sk-1',
      'x-langflow-global-var-with-dash': Buffer.from('grün').toString('latin1'),
      'x-langflow-global-var-latin': Buffer.from('gr\xfcn', 'latin1').toString('latin1'),
      'x-langflow-global': 'no',
      'x-api-key': 'no',
    };
    expect(globalVariablesOf(headers)).toEqual({ openai_api_key: 'sk-1', 'with-dash': 'grün', latin: 'gr\xfcn' });
  });

  it.each([
    ['without a name', { 'x-langflow-global-var-': 'canary' }],
    ['with a name that is too long', { [`x-langflow-global-var-${'x'.repeat(256)}`]: 'canary' }],
    ['that is too long', { 'x-langflow-global-var-a': 'canary'.repeat(20_000) }],
    [
      'among too many',
      Object.fromEntries(Array.from({ length: 101 }, (_, index) => [`x-langflow-global-var-${index}`, 'canary'])),
    ],
  ])('are refused: one %s', (_what, headers) => {
    const refusal = (() => {
      try {
        return globalVariablesOf(headers);
      } catch (error) {
        return error;
      }
    })();
    expect(refusal).toMatchObject({ code: 'invalid_request' });
    expect(JSON.stringify(refusal)).not.toContain('canary');
  });
});
