/** One server-sent event. */
export interface ServerSentEvent {
  /** `message` unless the server named it. */
  readonly event: string;
  readonly data: string;
}

/**
 * Reads server-sent events as they arrive. Leaving the loop ends the request.
 *
 * @param body the body of a `text/event-stream` answer
 */
export async function* readEvents(body: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<ServerSentEvent> {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let pending = '';
  try {
    for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
      const blocks = (pending + chunk.value).split('\n\n');
      pending = blocks.pop() ?? '';
      yield* blocks.map(parseBlock).filter(({ data }) => data !== '');
    }
  } finally {
    await reader.cancel();
  }
}

function parseBlock(block: string): ServerSentEvent {
  const lines = block.split('\n');
  const field = (name: string) =>
    lines.filter((line) => line.startsWith(`${name}:`)).map((line) => line.slice(name.length + 1).trimStart());
  return { event: field('event')[0] ?? 'message', data: field('data').join('\n') };
}
