import { afterEach, beforeEach, expect, it } from '@jest/globals';
import type { RunRequest } from '@flowkeep/contracts';
import type { JsonObject } from '@flowkeep/flow-graph';
import { describeOnDialects, langflowEdge, langflowExport, langflowNode } from '@flowkeep/testing';
import { callerOf, contextOf, openStand, runOf, type Stand } from '../flow-runner.spec-stand.ts';

const stored = 'sk-canary-stored';

/** ChatInput → model → ChatOutput; the key as the field says. */
function modelFlow(apiKey: JsonObject): JsonObject {
  const nodes = [
    langflowNode('ChatInput-1', 'ChatInput', {}),
    langflowNode('Memory-1', 'Memory', {}),
    langflowNode('Prompt-1', 'Prompt', { template: { value: '{memory}', type: 'prompt' }, memory: { value: '' } }),
    langflowNode('Model-1', 'OpenAIModel', {
      api_key: { name: 'api_key', password: true, ...apiKey },
      openai_api_base: { name: 'openai_api_base', value: '' },
      temperature: { name: 'temperature', type: 'slider', value: 0.1 },
      max_retries: { name: 'max_retries', value: 0 },
    }),
    langflowNode('ChatOutput-1', 'ChatOutput', {}),
  ];
  const edges = [
    langflowEdge('Memory-1', 'messages_text', 'Prompt-1', 'memory'),
    langflowEdge('Prompt-1', 'prompt', 'Model-1', 'system_message'),
    langflowEdge('ChatInput-1', 'message', 'Model-1', 'input_value'),
    langflowEdge('Model-1', 'text_output', 'ChatOutput-1', 'input_value'),
  ];
  return langflowExport(nodes, edges);
}

await describeOnDialects('runs that ask a model', (dialect) => {
  let stand: Stand;
  let asked: { url: string; key: string | null; system: string }[];
  const owner = callerOf();
  const runOnly = callerOf({ workspaceId: owner.workspaceId }, ['runs:create']);

  beforeEach(async () => {
    stand = await openStand(dialect);
    asked = [];
    stand.outside.fetch = (input, init) => {
      const { messages } = JSON.parse(init?.body as string) as { messages: { role: string; content: string }[] };
      const system = messages.find(({ role }) => role === 'system')?.content ?? '';
      asked.push({ url: input as string, key: new Headers(init?.headers).get('authorization'), system });
      const choices = [{ index: 0, message: { role: 'assistant', content: `${messages.at(-1)?.content}!` } }];
      return Promise.resolve(Response.json({ id: 'c', object: 'chat.completion', choices }));
    };
  });
  afterEach(() => stand.close());

  const named = { load_from_db: true, value: 'MY_KEY' };
  const run = (flow: string, more: Partial<RunRequest> = {}, who = owner) =>
    stand.runs.run(runOf(flow, more), contextOf(who));
  const importModel = async (apiKey: JsonObject) => (await stand.import(owner, modelFlow(apiKey)))[0]?.id as string;

  it('take their key from a variable, in one question to the vault', async () => {
    stand.vault.variables.set('MY_KEY', { value: stored, kind: 'credential' });
    const flow = await importModel(named);
    const { outputs } = await run(flow, {}, runOnly);
    expect(outputs[0]?.value).toMatchObject({ message: { text: 'Hi!', source: { model: 'gpt-4o-mini' } } });
    expect(asked).toMatchObject([{ key: `Bearer ${stored}` }]);
    expect(stand.vault.asked).toEqual([{ variables: ['MY_KEY', 'OPENAI_API_BASE'], secretIds: [] }]);
  });

  it('take their key from the flow', async () => {
    await run(await importModel({ value: stored }), {}, runOnly);
    expect(asked).toMatchObject([{ key: `Bearer ${stored}` }]);
  });

  it('ask the vault nothing when they need nothing', async () => {
    await run((await stand.importEcho(owner)).id);
    expect(stand.vault.asked).toEqual([]);
  });

  it('take what the request brings before what is stored, whatever the case of its name', async () => {
    stand.vault.variables.set('MY_KEY', { value: stored, kind: 'credential' });
    const flow = await importModel(named);
    await run(flow, { globalVariables: { my_key: 'sk-of-the-caller' } }, runOnly);
    expect(asked).toMatchObject([{ key: 'Bearer sk-of-the-caller' }]);
    expect(stand.vault.asked).toEqual([{ variables: ['OPENAI_API_BASE'], secretIds: [] }]);
  });

  it.each<[string, Partial<RunRequest>]>([
    ['by a tweak', { overrides: { 'Model-1': { openai_api_base: 'http://evil.example/v1' } } }],
    ['by a variable', { globalVariables: { OPENAI_API_BASE: 'http://evil.example/v1' } }],
  ])('never send a stored key where the caller says, %s', async (_what, more) => {
    stand.vault.variables.set('MY_KEY', { value: stored, kind: 'credential' });
    const flow = await importModel(named);
    for (const who of [runOnly, owner]) {
      await expect(run(flow, more, who)).rejects.toMatchObject({
        code: 'override_refused',
        message: expect.stringContaining('"openai_api_base" of the node "Model-1"'),
      });
    }
    expect(asked).toEqual([]);
  });

  it('say which variable is missing or can not be opened', async () => {
    const flow = await importModel(named);
    await expect(run(flow)).rejects.toMatchObject({
      code: 'variable_missing',
      message: expect.stringContaining('MY_KEY'),
    });
    stand.vault.unreadable.add('MY_KEY');
    await expect(run(flow)).rejects.toMatchObject({
      code: 'variable_unreadable',
      message: expect.stringContaining('MY_KEY'),
    });
    stand.vault.away = true;
    await expect(run(flow)).rejects.toMatchObject({ code: 'unavailable' });
    expect(await stand.rows('message')).toHaveLength(1);
  });

  it('remember what was said in their session before, and in no other', async () => {
    const flow = await importModel({ value: stored });
    await run(flow, { input: 'one', sessionId: 'a' });
    await run(flow, { input: 'two', sessionId: 'a' });
    await run(flow, { input: 'three', sessionId: 'b' });
    expect(asked.map(({ system }) => system)).toEqual(['', 'User: one\nAI: one!', '']);
  });

  it('tell nobody a secret that their flow says, and store it nowhere', async () => {
    stand.vault.variables.set('MY_KEY', { value: stored, kind: 'credential' });
    stand.vault.variables.set('MY_CITY', { value: 'Amsterdam', kind: 'generic' });
    const chatty = langflowExport(
      [
        langflowNode('Prompt-1', 'Prompt', {
          template: { value: '{key} in {city}', type: 'prompt' },
          key: { load_from_db: true, value: 'MY_KEY' },
          city: { load_from_db: true, value: 'MY_CITY' },
        }),
        langflowNode('ChatOutput-1', 'ChatOutput', {}),
      ],
      [langflowEdge('Prompt-1', 'prompt', 'ChatOutput-1', 'input_value')],
    );
    const flow = (await stand.import(owner, chatty))[0]?.id as string;
    const told: unknown[] = [await run(flow)];
    for await (const frame of stand.runs.stream(runOf(flow), contextOf(owner))) told.push(frame);
    const all = JSON.stringify([told, await stand.rows('message'), await stand.rows('run')]);
    expect(all).toContain('•••••• in Amsterdam');
    expect(all).not.toContain(stored);
  });

  it('leave no key in what is stored of them', async () => {
    stand.outside.fetch = () =>
      Promise.resolve(Response.json({ error: { message: `no such key: ${stored}` } }, { status: 404 }));
    await expect(run(await importModel({ value: stored }))).rejects.toMatchObject({ code: 'provider_failed' });
    const rows = JSON.stringify([await stand.rows('run'), await stand.rows('message'), await stand.rows('flow')]);
    expect(rows).not.toContain(stored);
  });
});
