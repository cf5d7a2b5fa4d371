import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { langflowEdge, langflowExport, langflowNode } from '@flowkeep/testing';

/** Everything secret that people type into flows, by what it is. */
export const flowLiterals = {
  'a literal in a password field': 'canary-literal-in-a-password-field',
  'a password in a URL': 'canary-password-in-a-url-6c1e',
  'a password in settings': 'canary-password-in-settings-6c1e',
  'a token in a header': 'canary-token-in-a-header-6c1e',
  'a cookie': 'canary-cookie-6c1e',
  'a token in JSON': 'canary-token-in-json-6c1e',
} as const;

/** What a flow says to everybody: proof that it was there. */
export const openText = 'canary-in-the-open';

const url = `https://ada:${flowLiterals['a password in a URL']}@example.com/data`;
const settings = `Server=db.example;User ID=ada;Password=${flowLiterals['a password in settings']}`;
const headers = [
  { key: 'Accept', value: '*/*' },
  { key: 'Authorization', value: `Bearer ${flowLiterals['a token in a header']}` },
  { key: 'Cookie', value: flowLiterals['a cookie'] },
];
const json = JSON.stringify({ 'x-api-key': flowLiterals['a token in JSON'] });

/** A flow that holds every kind of secret and puts all of them into its answer. */
export function secretFlow(variable: string, name = 'says its secrets') {
  const values = {
    literal: { password: true, value: flowLiterals['a literal in a password field'] },
    target: { value: url },
    connection: { value: settings },
    headers: { type: 'table', value: headers },
    extra: { value: json },
    named: { load_from_db: true, value: variable },
  };
  const names = Object.keys(values);
  const template = { type: 'prompt', value: `${openText} ${names.map((field) => `{${field}}`).join(' ')}` };
  return langflowExport(
    [
      langflowNode('ChatInput-1', 'ChatInput', {}, ['message']),
      langflowNode('Prompt-1', 'Prompt', { template, ...values }, ['prompt']),
      langflowNode('ChatOutput-1', 'ChatOutput', { input_value: {} }, ['message']),
    ],
    [langflowEdge('Prompt-1', 'prompt', 'ChatOutput-1', 'input_value')],
    { name, description: openText },
  );
}

/** A flow that asks a model which is no friend. */
export function tellTaleFlow(baseUrl: string) {
  const key = flowLiterals['a literal in a password field'];
  return langflowExport(
    [
      langflowNode('ChatInput-1', 'ChatInput', {}, ['message']),
      langflowNode('OpenAIModel-1', 'OpenAIModel', {
        api_key: { password: true, value: key },
        model_name: { value: 'tell-tale' },
        openai_api_base: { value: baseUrl },
        max_retries: { type: 'int', value: 0 },
      }),
      langflowNode('ChatOutput-1', 'ChatOutput', { input_value: {} }, ['message']),
    ],
    [
      langflowEdge('ChatInput-1', 'message', 'OpenAIModel-1', 'input_value'),
      langflowEdge('OpenAIModel-1', 'text_output', 'ChatOutput-1', 'input_value'),
    ],
    { name: 'asks a tell-tale' },
  );
}

/** A model provider that answers every question with an error that repeats the key, plain and encoded. */
export async function startTellTale(): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const server = createServer((request, response) => {
    const key = (request.headers.authorization ?? '').replace(/^Bearer /, '');
    const forms = [key, Buffer.from(`ada:${key}`).toString('base64'), Buffer.from(key).toString('hex')];
    const message = `No such key: ${forms.join(' ')}`;
    response.writeHead(400, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ error: { message, type: 'x', param: null, code: null } }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
