import { once } from 'node:events';
import type { ServerResponse } from 'node:http';

/** How a model fails. */
export type Behaviour = (response: ServerResponse, streamed: boolean) => void | Promise<void>;

const json = { 'content-type': 'application/json' };
const events = { 'content-type': 'text/event-stream' };
const word = `data: ${JSON.stringify({ id: 'x', object: 'chat.completion.chunk', choices: [{ index: 0, delta: { content: 'word '.repeat(200) } }] })}\n\n`;

function refuse(status: number, message: string, headers: Record<string, string> = {}): Behaviour {
  return (response) => {
    const body = { error: { message, type: 'stub', param: null, code: null } };
    response.writeHead(status, { ...json, ...headers }).end(JSON.stringify(body));
  };
}

/** By the name of the model. */
export const behaviours: Readonly<Record<string, Behaviour>> = {
  'stub-401': refuse(401, 'Incorrect API key provided.'),
  'stub-429': refuse(429, 'Rate limit reached.', { 'retry-after': '7' }),
  'stub-500': refuse(500, 'The server had an error.'),
  /** Closes the connection in the middle of the answer. */
  'stub-half': async (response, streamed) => {
    response.writeHead(200, streamed ? events : { ...json, 'content-length': '1000' });
    response.write(streamed ? word : '{"id": "x", "choices": [');
    // Written out first, so that the client has half an answer and not none.
    await new Promise((resolve) => setImmediate(resolve));
    response.destroy();
  },
  /** Never answers; ends when the client leaves. */
  'stub-slow': async (response) => {
    await once(response, 'close');
  },
  /** Answers for ever, as fast as the client reads. */
  'stub-endless': async (response, streamed) => {
    response.writeHead(200, streamed ? events : json);
    const much = streamed ? word.repeat(50) : '          '.repeat(1000);
    const closed = once(response, 'close');
    while (!response.destroyed) {
      if (!response.write(much)) await Promise.race([once(response, 'drain'), closed]);
    }
  },
  'stub-garbage': (response) => {
    response.writeHead(200, json).end('<html>not what you asked for</html>');
  },
};
