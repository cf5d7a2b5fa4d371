import { Readable } from 'node:stream';
import { StreamableFile } from '@nestjs/common';
import type { RunFrame } from '@flowkeep/contracts';
import { domainErrorOf } from '../../edge/domain-error-of.ts';
import { streamError, streamEvent } from './shapes/run-response.ts';

/**
 * Turns frames into Langflow's stream. Waits for the first frame, so that a run which can't begin is an ordinary error
 * with its status; a later failure is the stream's last event. A client that leaves ends the frames.
 */
export async function openRunStream(frames: AsyncIterable<RunFrame>): Promise<StreamableFile> {
  const iterator = frames[Symbol.asyncIterator]();
  const first = await iterator.next();
  const text = async function* () {
    try {
      for (let frame = first; frame.done !== true; frame = await iterator.next()) yield streamEvent(frame.value);
    } catch (error) {
      yield streamError(domainErrorOf(error).message);
    } finally {
      await iterator.return?.();
    }
  };
  return new StreamableFile(Readable.from(text()), { type: 'text/event-stream; charset=utf-8' });
}
