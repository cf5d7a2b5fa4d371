import { Readable } from 'node:stream';
import { StreamableFile } from '@nestjs/common';
import { domainErrorOf } from '../../edge/domain-error-of.ts';
import { errorAnswer } from '../../edge/error-body.ts';

/**
 * Frames as server-sent events, each `data: {…}`. Waits for the first, so that what can't begin is an ordinary error with
 * its status; a later failure is the last event, `event: problem`. A client that leaves ends the frames.
 */
export async function eventStream(frames: AsyncIterable<unknown>): Promise<StreamableFile> {
  const iterator = frames[Symbol.asyncIterator]();
  const first = await iterator.next();
  const text = async function* () {
    try {
      for (let frame = first; frame.done !== true; frame = await iterator.next()) {
        yield `data: ${JSON.stringify(frame.value)}\n\n`;
      }
    } catch (error) {
      const { body } = errorAnswer(domainErrorOf(error), 'native');
      yield `event: problem\ndata: ${JSON.stringify(body)}\n\n`;
    } finally {
      await iterator.return?.();
    }
  };
  return new StreamableFile(Readable.from(text()), { type: 'text/event-stream; charset=utf-8' });
}
