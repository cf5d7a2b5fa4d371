import { describe, expect, it, jest } from '@jest/globals';
import { readEvents, type ServerSentEvent } from './event-stream.ts';

function streamOf(chunks: readonly string[]) {
  return new ReadableStream<Uint8Array<ArrayBuffer>>({
    start: (controller) => {
      for (const chunk of chunks) controller.enqueue(new TextEncoder().encode(chunk));
      controller.close();
    },
  });
}

async function collect(chunks: readonly string[]): Promise<ServerSentEvent[]> {
  const events: ServerSentEvent[] = [];
  for await (const event of readEvents(streamOf(chunks))) events.push(event);
  return events;
}

describe('server-sent events', () => {
  it.each([
    ['whole', ['data: a\n\ndata: b\n\n']],
    ['cut anywhere', ['da', 'ta: a\n', '\ndata', ': b\n\n']],
  ])('come %s', async (_how, chunks) => {
    expect(await collect(chunks)).toEqual([
      { event: 'message', data: 'a' },
      { event: 'message', data: 'b' },
    ]);
  });

  it('have names and several lines', async () => {
    expect(await collect(['event: problem\ndata: {\ndata: }\n\n'])).toEqual([{ event: 'problem', data: '{\n}' }]);
  });

  it('do not come of comments or of a cut end', async () => {
    expect(await collect([': still here\n\ndata: a\n\ndata: half'])).toEqual([{ event: 'message', data: 'a' }]);
  });

  it('keep characters whole that were cut in two', async () => {
    const bytes = new TextEncoder().encode('data: ü\n\n');
    const parts = [bytes.slice(0, 7), bytes.slice(7)];
    const stream = new ReadableStream<Uint8Array<ArrayBuffer>>({
      start: (controller) => {
        for (const part of parts) controller.enqueue(part);
        controller.close();
      },
    });
    expect((await readEvents(stream).next()).value).toEqual({ event: 'message', data: 'ü' });
  });

  it('end the request when nobody reads on', async () => {
    const cancel = jest.fn<() => void>();
    const endless = new ReadableStream<Uint8Array<ArrayBuffer>>({
      pull: (controller) => controller.enqueue(new TextEncoder().encode('data: a\n\n')),
      cancel,
    });
    for await (const event of readEvents(endless)) {
      expect(event.data).toBe('a');
      break;
    }
    expect(cancel).toHaveBeenCalled();
  });
});
