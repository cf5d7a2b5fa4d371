import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { behaviours, type Behaviour } from './model-stub-behaviours.ts';

export interface ModelStubOptions {
  /** 0 takes a free one. */
  readonly port?: number;
  /** Milliseconds before the first token, or before a whole answer. */
  readonly firstTokenDelayMs?: number;
  /** Null sends as fast as it can. */
  readonly tokensPerSecond?: number | null;
  /** The key it wants; null takes any. */
  readonly apiKey?: string | null;
}

/** A request as the stub got it. */
export interface ModelRequest {
  readonly path: string;
  readonly authorization: string | null;
  readonly body: unknown;
}

interface ChatBody {
  readonly model?: string;
  readonly stream?: boolean;
  readonly stream_options?: { readonly include_usage?: boolean };
  readonly messages?: readonly { readonly role: string; readonly content: unknown }[];
}

interface EmbeddingsBody {
  readonly model?: string;
  readonly input?: string | readonly string[];
  readonly encoding_format?: 'float' | 'base64';
  readonly dimensions?: number;
}

const kept = 1000;
const bodyLimit = 16 * 1024 * 1024;
const json = { 'content-type': 'application/json' };

/**
 * A server that speaks OpenAI's API without a model behind it: for tests, benches and first tries. It answers
 * `You said: …` word by word. Models named `stub-…` fail in the way their name says, see `behaviours`.
 *
 * @returns its address, which ends in `/v1`, and the last requests it got
 */
export async function startModelStub(options: ModelStubOptions = {}) {
  const { port = 0, firstTokenDelayMs = 0, tokensPerSecond = null, apiKey = null } = options;
  const requests: ModelRequest[] = [];

  const answerChat = async (body: ChatBody, response: ServerResponse): Promise<void> => {
    const model = body.model ?? 'stub';
    const behaviour: Behaviour | undefined = behaviours[model];
    if (behaviour !== undefined) return behaviour(response, body.stream === true);
    if (firstTokenDelayMs > 0) await wait(firstTokenDelayMs);
    const text = replyTo(body);
    const about = { id: 'chatcmpl-stub', created: 0, model };
    const usage = usageOf(body, text);
    if (body.stream !== true) {
      const choices = [{ index: 0, message: { role: 'assistant', content: text }, finish_reason: 'stop' }];
      send(response, 200, { ...about, object: 'chat.completion', choices, usage });
      return;
    }
    const chunk = (delta: object, finish: string | null = null) => {
      const choices = [{ index: 0, delta, finish_reason: finish }];
      return `data: ${JSON.stringify({ ...about, object: 'chat.completion.chunk', choices })}\n\n`;
    };
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(chunk({ role: 'assistant', content: '' }));
    for (const token of tokensOf(text)) {
      if (response.destroyed) return;
      response.write(chunk({ content: token }));
      if (tokensPerSecond !== null) await wait(1000 / tokensPerSecond);
    }
    response.write(chunk({}, 'stop'));
    if (body.stream_options?.include_usage === true) {
      response.write(`data: ${JSON.stringify({ ...about, object: 'chat.completion.chunk', choices: [], usage })}\n\n`);
    }
    response.end('data: [DONE]\n\n');
  };

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = request.url ?? '';
    const authorization = request.headers.authorization ?? null;
    const body = request.method === 'POST' ? await readJson(request) : null;
    requests.push({ path, authorization, body });
    if (requests.length > kept) requests.shift();
    if (apiKey !== null && !equal(authorization ?? '', `Bearer ${apiKey}`)) {
      send(response, 401, failure('Incorrect API key provided.', 'invalid_api_key'));
      return;
    }
    if (request.method === 'GET' && path === '/v1/models') {
      send(response, 200, { object: 'list', data: [{ id: 'stub', object: 'model', created: 0, owned_by: 'stub' }] });
    } else if (request.method === 'POST' && body === undefined) {
      send(response, 400, failure('The body is not JSON.'));
    } else if (request.method === 'POST' && path === '/v1/chat/completions') {
      await answerChat(body as ChatBody, response);
    } else if (request.method === 'POST' && path === '/v1/embeddings') {
      send(response, 200, embeddings(body as EmbeddingsBody));
    } else {
      send(response, 404, failure('There is no such route.'));
    }
  };

  const server = createServer((request, response) => {
    // A client that leaves is nothing to fail over.
    response.on('error', () => undefined);
    answer(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    requests,
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** What a model would have to say: what it was asked, and its instructions where it has any. */
function replyTo({ messages = [] }: ChatBody): string {
  const textOf = (role: string) => messages.findLast((message) => message.role === role)?.content;
  const system = textOf('system');
  const said = `You said: ${shown(textOf('user'))}`;
  return system === undefined ? said : `${said} (system: ${shown(system)})`;
}

function shown(content: unknown): string {
  return typeof content === 'string' ? content : JSON.stringify(content ?? '');
}

/** Words with the space before them. */
function tokensOf(text: string): string[] {
  return text.match(/\s*\S+|\s+$/g) ?? [];
}

function usageOf(body: ChatBody, text: string) {
  const promptTokens = tokensOf(JSON.stringify(body.messages ?? [])).length;
  const completionTokens = tokensOf(text).length;
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
  };
}

/** Vectors of length 1 that depend on nothing but the text. */
function embeddings({
  model = 'stub',
  input = [],
  encoding_format: encoding = 'float',
  dimensions = 64,
}: EmbeddingsBody) {
  const texts = typeof input === 'string' ? [input] : input;
  const data = texts.map((text, index) => {
    const raw = Float32Array.from({ length: dimensions }, (_, place) => numberOf(`${place}:${text}`));
    const length = Math.hypot(...raw);
    const vector = raw.map((value) => value / length);
    const embedding = encoding === 'base64' ? Buffer.from(vector.buffer).toString('base64') : [...vector];
    return { object: 'embedding', index, embedding };
  });
  return { object: 'list', model, data, usage: { prompt_tokens: texts.length, total_tokens: texts.length } };
}

/** Between -1 and 1, never both ends' middle for all texts. */
function numberOf(text: string): number {
  return createHash('sha256').update(text).digest().readInt32LE(0) / 2 ** 31;
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > bodyLimit) return undefined;
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString());
  } catch {
    return undefined;
  }
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, json).end(JSON.stringify(body));
}

function failure(message: string, code: string | null = null) {
  return { error: { message, type: 'invalid_request_error', param: null, code } };
}

function equal(left: string, right: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(left), digest(right));
}
