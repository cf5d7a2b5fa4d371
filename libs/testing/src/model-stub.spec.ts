import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import OpenAI from 'openai';
import { startModelStub } from './model-stub.ts';

type Stub = Awaited<ReturnType<typeof startModelStub>>;

describe('the model stub', () => {
  let stub: Stub;
  let client: OpenAI;

  beforeEach(async () => {
    stub = await startModelStub({ apiKey: 'sk-stub' });
    client = new OpenAI({ baseURL: stub.url, apiKey: 'sk-stub', maxRetries: 0 });
  });
  afterEach(() => stub.stop());

  const messages: OpenAI.ChatCompletionMessageParam[] = [
    { role: 'system', content: 'Be kind.' },
    { role: 'user', content: 'Hello there' },
  ];
  const expected = 'You said: Hello there (system: Be kind.)';

  it("answers OpenAI's client, whole and word by word", async () => {
    const whole = await client.chat.completions.create({ model: 'any', messages });
    expect(whole.choices[0]?.message.content).toBe(expected);
    const chunks: string[] = [];
    const stream = await client.chat.completions.create({
      model: 'any',
      messages,
      stream: true,
      stream_options: { include_usage: true },
    });
    let usage: unknown;
    for await (const chunk of stream) {
      const text = chunk.choices[0]?.delta.content;
      if (text) chunks.push(text);
      usage = chunk.usage ?? usage;
    }
    expect(chunks).toEqual(['You', ' said:', ' Hello', ' there', ' (system:', ' Be', ' kind.)']);
    expect(usage).toMatchObject({ completion_tokens: 7 });
    expect(stub.requests.map(({ path, authorization }) => [path, authorization])).toEqual([
      ['/v1/chat/completions', 'Bearer sk-stub'],
      ['/v1/chat/completions', 'Bearer sk-stub'],
    ]);
  });

  it('embeds texts, the same always alike', async () => {
    const [one, again, other] = (await client.embeddings.create({ model: 'any', input: ['a', 'a', 'b'] })).data;
    expect(one?.embedding).toEqual(again?.embedding);
    expect(one?.embedding).not.toEqual(other?.embedding);
    expect(Math.hypot(...(one?.embedding ?? []))).toBeCloseTo(1);
  });

  it('refuses a wrong key, a wrong route and what is no JSON', async () => {
    const stranger = new OpenAI({ baseURL: stub.url, apiKey: 'sk-other', maxRetries: 0 });
    await expect(stranger.models.list()).rejects.toMatchObject({ status: 401 });
    const headers = { authorization: 'Bearer sk-stub', 'content-type': 'application/json' };
    expect((await fetch(`${stub.url}/nothing`, { headers })).status).toBe(404);
    const broken = await fetch(`${stub.url}/chat/completions`, { method: 'POST', headers, body: '{' });
    expect(broken.status).toBe(400);
  });

  it.each([
    ['stub-401', 401],
    ['stub-429', 429],
    ['stub-500', 500],
  ])('fails as %s says', async (model, status) => {
    await expect(client.chat.completions.create({ model, messages })).rejects.toMatchObject({ status });
  });

  it('says when to come back', async () => {
    const refused = await client.chat.completions
      .create({ model: 'stub-429', messages })
      .catch((error: unknown) => error);
    expect((refused as InstanceType<typeof OpenAI.APIError>).headers?.get('retry-after')).toBe('7');
  });

  it('embeds the same in either encoding', async () => {
    const ask = { model: 'any', input: 'a' };
    const plain = await client.embeddings.create({ ...ask, encoding_format: 'float' });
    // The client asks for base64 by itself and decodes it.
    const packed = await client.embeddings.create(ask);
    expect(stub.requests.map(({ body }) => (body as { encoding_format: string }).encoding_format)).toEqual([
      'float',
      'base64',
    ]);
    expect(packed.data[0]?.embedding).toEqual(plain.data[0]?.embedding);
  });

  it('remembers the last 1000 requests', async () => {
    const headers = { authorization: 'Bearer sk-stub' };
    for (let count = 0; count < 1005; count++) await (await fetch(`${stub.url}/${count}`, { headers })).arrayBuffer();
    expect([stub.requests.length, stub.requests[0]?.path]).toEqual([1000, '/v1/5']);
  });

  it.each(['stub-half', 'stub-garbage'])('gives no answer as %s', async (model) => {
    const text = async () => (await client.chat.completions.create({ model, messages })).choices[0]?.message.content;
    await expect(text()).rejects.toThrow();
  });

  it('lets a client leave that waits for ever, or is answered for ever', async () => {
    const slow = client.chat.completions.create({ model: 'stub-slow', messages }, { signal: AbortSignal.timeout(50) });
    await expect(slow).rejects.toThrow();
    let count = 0;
    for await (const chunk of await client.chat.completions.create({
      model: 'stub-endless',
      messages,
      stream: true,
    })) {
      count += chunk.choices.length;
      if (count >= 1000) break;
    }
    expect(count).toBeGreaterThanOrEqual(1000);
  });
});
