import { beforeEach, describe, expect, it } from '@jest/globals';
import {
  compile,
  credentialNeeds,
  noOverrides,
  noServices,
  type Overrides,
  run,
  type RunEvent,
  type RunOptions,
} from '@flowkeep/flow-engine';
import type { Graph, JsonValue } from '@flowkeep/flow-graph';
import { graphNode, graphOf, TestClock } from '@flowkeep/testing';
import { components } from '../index.ts';
import { completion, events, failure, StubProvider } from './provider.spec-stand.ts';

const key = 'sk-canary-5a1f';
const secretField = { api_key: { secret: true } } as const;

function modelGraph(
  type: string,
  fields: Record<string, JsonValue>,
  about: Parameters<typeof graphNode>[3] = {},
): Graph {
  return graphOf(
    [
      graphNode('ChatInput-1', 'ChatInput'),
      graphNode('Prompt-1', 'Prompt', { template: 'Be kind.' }),
      graphNode('Model-1', type, { api_key: '', ...fields }, { ...secretField, ...about }),
      graphNode('ChatOutput-1', 'ChatOutput'),
    ],
    [
      'ChatInput-1.message > Model-1.input_value',
      'Prompt-1.prompt > Model-1.system_message',
      'Model-1.text_output > ChatOutput-1.input_value',
    ],
  );
}

describe.each(['LanguageModelComponent', 'OpenAIModel'])('%s', (type) => {
  let provider: StubProvider;
  let told: RunEvent[];

  beforeEach(() => {
    provider = new StubProvider();
    told = [];
  });

  async function answer(
    graph: Graph,
    variables: Record<string, string> = { OPENAI_API_KEY: key },
    options: Partial<RunOptions> = {},
  ) {
    let ids = 0;
    const values = Object.entries(variables).map(([name, value]) => [name, { value, credential: true }] as const);
    const [output] = await run(compile(graph, components), {
      flowId: 'flow',
      sessionId: 'session',
      input: 'Hi',
      inputType: 'chat',
      outputType: 'chat',
      outputNodeId: null,
      overrides: noOverrides,
      credentials: { variables: new Map(values), secrets: new Map([['s1', 'sk-stored-in-flow']]) },
      services: { ...noServices, fetch: provider.fetch },
      streaming: false,
      clock: new TestClock(),
      newId: () => `id-${++ids}`,
      emit: (event) => void told.push(event),
      ...options,
    });
    return output?.value.type === 'message' ? output.value.message : undefined;
  }

  it('asks the provider with the key of the usual variable, and names the model as the source', async () => {
    expect(await answer(modelGraph(type, {}))).toMatchObject({
      text: 'You said: Hi',
      source: { nodeId: 'Model-1', model: 'gpt-4o-mini' },
    });
    expect(provider.asked).toMatchObject([
      {
        url: 'https://api.openai.com/v1/chat/completions',
        authorization: `Bearer ${key}`,
        body: {
          model: 'gpt-4o-mini',
          messages: [
            { role: 'system', content: 'Be kind.' },
            { role: 'user', content: 'Hi' },
          ],
        },
      },
    ]);
  });

  it('takes a key out of the flow, a named variable or the address of a variable', async () => {
    const stored = modelGraph(type, { api_key: null }, { api_key: { secret: true, secretId: 's1' } });
    await answer(stored);
    const named = modelGraph(type, { api_key: 'MINE' }, { api_key: { secret: true, variable: true } });
    await answer(named, { MINE: 'sk-mine', OPENAI_API_BASE: 'http://models.internal/v1' });
    expect(provider.asked.map(({ url, authorization }) => [url, authorization])).toEqual([
      ['https://api.openai.com/v1/chat/completions', 'Bearer sk-stored-in-flow'],
      ['http://models.internal/v1/chat/completions', 'Bearer sk-mine'],
    ]);
  });

  it('says beforehand what it needs of the vault', () => {
    const needs = (graph: Graph, overrides: Overrides = noOverrides) => {
      const { variables, secretIds } = credentialNeeds(compile(graph, components), overrides);
      return [...variables, ...secretIds].sort();
    };
    expect(needs(modelGraph(type, {}))).toEqual(['OPENAI_API_BASE', 'OPENAI_API_KEY']);
    expect(needs(modelGraph(type, { api_key: null }, { api_key: { secret: true, secretId: 's1' } }))).toEqual([
      'OPENAI_API_BASE',
      'OPENAI_API_KEY',
      's1',
    ]);
    const own = new Map([['Model-1', new Map<string, JsonValue>([['api_key', 'sk-own']])]]);
    expect(needs(modelGraph(type, {}), own)).toEqual(['OPENAI_API_BASE']);
  });

  it('tells tokens as they come where somebody watches', async () => {
    const message = await answer(modelGraph(type, {}), undefined, { streaming: true });
    expect(provider.asked[0]?.body).toMatchObject({ stream: true });
    expect(told.flatMap((event) => (event.type === 'token' ? [event.text] : []))).toEqual(['You ', 'said: ', 'Hi']);
    expect(message?.text).toBe('You said: Hi');
  });

  it('names the variable to store when there is no key', async () => {
    await expect(answer(modelGraph(type, {}), {})).rejects.toMatchObject({
      code: 'variable_missing',
      message: expect.stringContaining('"OPENAI_API_KEY"'),
    });
    expect(provider.asked).toEqual([]);
  });

  it.each<[string, () => Response | Promise<Response>, string, string]>([
    [
      'a refused key',
      () => failure(401, `Incorrect API key provided: ${key}`),
      'provider_rejected_key',
      'refused the API key',
    ],
    ['a limit', () => failure(429, 'slow down', { 'retry-after': '7' }), 'provider_rate_limited', 'Try again later'],
    ['a model that does not exist', () => failure(404, `no model for ${key}`), 'provider_failed', '404: '],
    [
      'an answer that is no JSON',
      () => new Response('<html>', { headers: { 'content-type': 'application/json' } }),
      'provider_failed',
      'not what a model answers',
    ],
    ['nobody there', () => Promise.reject(new TypeError('fetch failed')), 'provider_unreachable', 'can not be reached'],
    [
      'an address outbound requests may not reach',
      () =>
        Promise.reject(
          Object.assign(new Error('add 10.0.0.1 to FLOWKEEP_SSRF_ALLOWED_HOSTS'), {
            name: 'EgressError',
            code: 'refused',
          }),
        ),
      'destination_refused',
      'FLOWKEEP_SSRF_ALLOWED_HOSTS',
    ],
    [
      'a provider that takes too long',
      () => Promise.reject(Object.assign(new Error('slow'), { name: 'EgressError', code: 'timeout' })),
      'provider_timeout',
      'took too long',
    ],
  ])(
    'says what to do about %s, without the key',
    async (_what, respond, code, message) => {
      provider.answer = respond;
      provider.streams = false;
      for (const streaming of [false, true]) {
        const failed = await answer(modelGraph(type, { max_retries: 0 }), undefined, { streaming }).catch(
          (error: unknown) => error,
        );
        expect(failed).toMatchObject({ code, message: expect.stringContaining(message) });
        expect(JSON.stringify(failed)).not.toContain(key);
        expect(String((failed as { detail?: unknown }).detail)).not.toContain(key);
      }
    },
    30_000,
  );

  it('fails when an answer ends in the middle', async () => {
    provider.streams = false;
    provider.answer = () => {
      const half = new ReadableStream<Uint8Array>({
        async start(controller) {
          controller.enqueue(new Uint8Array(await events(['You ']).clone().arrayBuffer()).subarray(0, 200));
          controller.error(new TypeError('terminated'));
        },
      });
      return new Response(half, { headers: { 'content-type': 'text/event-stream' } });
    };
    await expect(answer(modelGraph(type, {}), undefined, { streaming: true })).rejects.toMatchObject({
      code: 'provider_failed',
      message: expect.stringContaining('ended in the middle'),
    });
  });

  it('leaves everything to the environment of the server out', async () => {
    provider.answer = () => completion('ok');
    await expect(answer(modelGraph(type, { openai_api_base: 'not an address' }))).rejects.toMatchObject({
      code: 'model_missing',
    });
  });
});

describe('LanguageModelComponent', () => {
  const ask = async (fields: Record<string, JsonValue>, variables: Record<string, string> = {}) => {
    const provider = new StubProvider();
    const values = Object.entries({ OPENAI_API_KEY: key, ...variables });
    await run(compile(modelGraph('LanguageModelComponent', fields), components), {
      flowId: 'flow',
      sessionId: 'session',
      input: 'Hi',
      inputType: 'chat',
      outputType: 'chat',
      outputNodeId: null,
      overrides: noOverrides,
      credentials: {
        variables: new Map(values.map(([name, value]) => [name, { value, credential: true }])),
        secrets: new Map(),
      },
      services: { ...noServices, fetch: provider.fetch },
      streaming: false,
      clock: new TestClock(),
      newId: () => 'id',
      emit: () => undefined,
    });
    const [asked] = provider.asked;
    return { url: asked?.url, model: asked?.body['model'] };
  };

  it.each<[string, Record<string, JsonValue>, string]>([
    ['newer exports', { model: [{ name: 'gpt-4.1', provider: 'OpenAI' }] }, 'gpt-4.1'],
    ['older exports', { model_name: 'gpt-4o', provider: 'OpenAI' }, 'gpt-4o'],
    ['nothing chosen yet', { model: [] }, 'gpt-4o-mini'],
  ])('reads the model of %s', async (_what, fields, model) => {
    expect(await ask(fields)).toMatchObject({ model });
  });

  it('asks Ollama where its variable says it is', async () => {
    const fields = { model: [{ name: 'llama3', provider: 'Ollama' }] };
    expect(await ask(fields, { OLLAMA_BASE_URL: 'http://ollama.internal:11434/' })).toEqual({
      url: 'http://ollama.internal:11434/v1/chat/completions',
      model: 'llama3',
    });
    await expect(ask(fields)).rejects.toMatchObject({ message: expect.stringContaining('"OLLAMA_BASE_URL"') });
  });

  it('names the providers there are when it gets another', async () => {
    await expect(ask({ model: [{ name: 'x', provider: 'Acme' }] })).rejects.toMatchObject({
      code: 'model_missing',
      message: expect.stringContaining('OpenAI or Ollama'),
    });
  });
});
