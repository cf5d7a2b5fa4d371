/** A request as a provider got it. */
interface Asked {
  readonly url: string;
  readonly authorization: string | null;
  readonly body: { readonly messages: { role: string; content: string }[]; readonly [field: string]: unknown };
}

const json = { 'content-type': 'application/json' };

/** What stands in for a model provider: answers what `answer` says and keeps what it was asked. */
export class StubProvider {
  readonly asked: Asked[] = [];
  answer: (asked: Asked) => Response | Promise<Response> = (asked) => completion(`You said: ${lastOf(asked)}`);

  readonly fetch = (async (input: string | URL | Request, init: RequestInit = {}) => {
    const headers = new Headers(init.headers);
    const asked: Asked = {
      url: input instanceof Request ? input.url : String(input),
      authorization: headers.get('authorization'),
      body: JSON.parse(init.body as string) as Asked['body'],
    };
    this.asked.push(asked);
    if (asked.body['stream'] === true && this.streams) return events(`You said: ${lastOf(asked)}`.split(/(?<= )/));
    return this.answer(asked);
  }) as typeof fetch;

  /** Whether questions for a stream get one. */
  streams = true;
}

export function completion(content: string): Response {
  const choices = [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }];
  const body = { id: 'c1', object: 'chat.completion', created: 0, model: 'm', choices };
  return new Response(JSON.stringify(body), { headers: json });
}

export function failure(status: number, message: string, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify({ error: { message, type: 'x' } }), { status, headers: { ...json, ...headers } });
}

/** A stream of these texts. */
export function events(texts: readonly string[], end = 'data: [DONE]\n\n'): Response {
  const chunk = (delta: object) =>
    `data: ${JSON.stringify({ id: 'c1', object: 'chat.completion.chunk', choices: [{ index: 0, delta }] })}\n\n`;
  const text = texts.map((content) => chunk({ content })).join('');
  return new Response(chunk({ role: 'assistant', content: '' }) + text + end, {
    headers: { 'content-type': 'text/event-stream' },
  });
}

function lastOf({ body }: Asked): string {
  return body.messages.at(-1)?.content ?? '';
}
