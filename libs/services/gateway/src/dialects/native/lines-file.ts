import { Readable } from 'node:stream';
import { StreamableFile } from '@nestjs/common';

/**
 * Rows as a file to download, a JSON object per line. Waits for the first batch, so that what can't begin is an ordinary
 * error with its status; what fails later breaks the connection off, and the client sees that the file is not complete.
 * A client that leaves ends the batches.
 */
export async function linesFile(name: string, batches: AsyncIterable<readonly unknown[]>): Promise<StreamableFile> {
  const iterator = batches[Symbol.asyncIterator]();
  const first = await iterator.next();
  const text = async function* () {
    try {
      for (let batch = first; batch.done !== true; batch = await iterator.next()) {
        const lines = batch.value.map((row) => `${JSON.stringify(row)}\n`).join('');
        if (lines !== '') yield lines;
      }
    } finally {
      await iterator.return?.();
    }
  };
  return new StreamableFile(Readable.from(text()), {
    type: 'application/x-ndjson; charset=utf-8',
    disposition: `attachment; filename="${name}"`,
  });
}
