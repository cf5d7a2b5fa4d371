import { describe, expect, it } from '@jest/globals';
import { languages, snippet } from './snippets.ts';

describe.each(languages)('the code in %s', (language) => {
  const code = snippet(language, 'http://127.0.0.1:7860/api/v1/run/greeting');

  it('sends a message with a key to the flow', () => {
    expect(code).toContain('http://127.0.0.1:7860/api/v1/run/greeting');
    expect(code).toContain('x-api-key');
    expect(code).toContain('<your API key>');
    expect(code).toContain('input_value');
  });
});
