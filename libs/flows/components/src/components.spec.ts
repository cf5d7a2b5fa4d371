import { describe, expect, it } from '@jest/globals';
import {
  compile,
  noCredentials,
  noOverrides,
  noServices,
  readOverrides,
  run,
  type RunEvent,
  type RunOptions,
} from '@flowkeep/flow-engine';
import type { Graph, JsonObject } from '@flowkeep/flow-graph';
import { liftSecrets, readLangflowDocument, splitLangflowCollection, toGraph } from '@flowkeep/flow-langflow';
import { exampleFlow, foreignLangflowExports, graphNode, graphOf, TestClock } from '@flowkeep/testing';
import { components } from './index.ts';
import { StubProvider } from './models/provider.spec-stand.ts';

async function runGraph(graph: Graph, options: Partial<RunOptions> = {}) {
  const events: RunEvent[] = [];
  let ids = 0;
  const outputs = await run(compile(graph, components), {
    flowId: 'flow',
    sessionId: 'session',
    input: 'Hi',
    inputType: 'chat',
    outputType: 'chat',
    outputNodeId: null,
    overrides: noOverrides,
    credentials: noCredentials,
    services: noServices,
    streaming: false,
    clock: new TestClock(),
    newId: () => `message-${++ids}`,
    emit: (event) => void events.push(event),
    ...options,
  });
  const texts = outputs.map(({ value }) => (value.type === 'message' ? value.message.text : value.data));
  return { outputs, texts, events };
}

describe('the echo example', () => {
  const graph = toGraph(readLangflowDocument(exampleFlow('echo')).document);

  it('answers with what it was asked', async () => {
    const { outputs } = await runGraph(graph);
    expect(outputs).toEqual([
      expect.objectContaining({
        nodeId: 'ChatOutput-echo2',
        nodeType: 'ChatOutput',
        displayName: 'Chat Output',
        port: 'message',
        value: {
          type: 'message',
          stored: true,
          message: expect.objectContaining({
            sender: 'Machine',
            senderName: 'AI',
            text: 'Hi',
            source: { nodeId: 'ChatInput-echo1', displayName: 'Chat Input', model: null },
          }),
        },
      }),
    ]);
  });

  it('tells the message of the user, then that of the machine from its start to its end', async () => {
    const { events } = await runGraph(graph);
    expect(
      events.map((event) => event.type === 'message' && [event.message.sender, event.state, event.message.text]),
    ).toEqual([
      ['User', 'complete', 'Hi'],
      ['Machine', 'partial', ''],
      ['Machine', 'complete', 'Hi'],
    ]);
    const [, partial, complete] = events.map((event) => event.type === 'message' && event.message.id);
    expect(partial).toBe(complete);
  });
});

describe('the prompt example', () => {
  const graph = toGraph(readLangflowDocument(exampleFlow('prompt-greeting')).document);

  it('puts the message into the template', async () => {
    expect((await runGraph(graph)).texts).toEqual(['Hello! You asked: Hi']);
  });

  it('lets everybody who may run it bring another template', async () => {
    const request = {
      input: 'Hi',
      inputType: 'chat',
      overrides: { 'Prompt-greet': { template: '<{question}>' } },
    } as const;
    const overrides = readOverrides(compile(graph, components), request, 'open-fields');
    expect((await runGraph(graph, { overrides })).texts).toEqual(['<Hi>']);
  });
});

describe('chat components', () => {
  const echo = (fields: JsonObject) =>
    graphOf(
      [graphNode('ChatInput-1', 'ChatInput', fields), graphNode('ChatOutput-1', 'ChatOutput', fields)],
      ['ChatInput-1.message > ChatOutput-1.input_value'],
    );

  it('say who speaks', async () => {
    const { events } = await runGraph(echo({ sender_name: 'Ada', sender: 'Machine', files: ['a.png'] }));
    expect(events.map((event) => event.type === 'message' && event.message)).toEqual(
      Array.from({ length: 4 }, () => expect.objectContaining({ senderName: 'Ada', sender: 'Machine' })),
    );
  });

  it('keep to themselves what shall not be stored', async () => {
    const { events, outputs } = await runGraph(echo({ should_store_message: false }));
    expect(events).toEqual([]);
    expect(outputs[0]?.value).toMatchObject({ type: 'message', stored: false, message: { text: 'Hi' } });
  });

  it('hand files on with the message', async () => {
    const { events } = await runGraph(echo({ files: ['flow/a.png', ''] }));
    expect(events[0]).toMatchObject({ message: { files: ['flow/a.png'] } });
  });

  it('use what is saved when a run brings no input', async () => {
    expect((await runGraph(echo({ input_value: 'saved' }), { input: null })).texts).toEqual(['saved']);
  });
});

describe('text components', () => {
  it('take and give what is no chat', async () => {
    const graph = graphOf(
      [graphNode('TextInput-1', 'TextInput', { input_value: 'saved' }), graphNode('TextOutput-1', 'TextOutput')],
      ['TextInput-1.text > TextOutput-1.input_value'],
    );
    expect((await runGraph(graph, { inputType: 'text', outputType: 'text' })).texts).toEqual(['Hi']);
    expect((await runGraph(graph, { outputType: 'text' })).texts).toEqual(['saved']);
    const { outputs, events } = await runGraph(graph, { outputType: 'any' });
    expect(outputs[0]).toMatchObject({ port: 'text', value: { type: 'message', stored: false } });
    expect(events).toEqual([]);
  });
});

describe('prompts', () => {
  it('are known by their newer name and read double brackets', async () => {
    const graph = graphOf(
      [
        graphNode('Prompt-1', 'Prompt Template', { template: '{{a}} and {a}', use_double_brackets: true, a: 'one' }),
        graphNode('ChatOutput-1', 'ChatOutput'),
      ],
      ['Prompt-1.prompt > ChatOutput-1.input_value'],
    );
    expect((await runGraph(graph)).texts).toEqual(['one and {a}']);
  });
});

const exports = foreignLangflowExports();

if (exports.length > 0) {
  describe('exports of other installations', () => {
    it.each(exports.map(({ name, json }) => [name, json] as const))(
      '%s is read and given back without loss',
      (_, json) => {
        for (const flow of splitLangflowCollection(json)) {
          const before = JSON.stringify(flow);
          const { document } = readLangflowDocument(flow);
          expect(JSON.stringify(document)).toBe(before);
          const { document: kept } = liftSecrets(document, ({ value }) => value);
          expect(JSON.stringify(kept)).toBe(before);
          expect(toGraph(document).nodes.length).toBeGreaterThan(0);
        }
      },
    );

    it.each(exports.map(({ name, json }) => [name, json] as const))(
      '%s runs, or says which component is missing',
      async (_, json) => {
        for (const flow of splitLangflowCollection(json)) {
          const graph = toGraph(readLangflowDocument(flow).document);
          const known = graph.nodes.every(({ type }) => components.has(type));
          const readable = graph.edges.every(({ kind }) => kind === 'value');
          const outcome = runGraph(graph, {
            credentials: {
              variables: new Map([['OPENAI_API_KEY', { value: 'sk-test', credential: true }]]),
              secrets: new Map(),
            },
            services: { ...noServices, fetch: new StubProvider().fetch },
          });
          if (known && readable) expect((await outcome).outputs.length).toBeGreaterThan(0);
          else await expect(outcome).rejects.toMatchObject({ code: readable ? 'component_unknown' : 'run_failed' });
        }
      },
    );
  });
}
