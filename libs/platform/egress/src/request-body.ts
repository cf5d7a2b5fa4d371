import { EgressError } from './egress-error.ts';

/** What is sent, and the content type it has by itself where undici can't tell. */
export interface Sent {
  readonly body: unknown;
  readonly contentType: string | null;
}

/**
 * A body of bounded size. What is whole stays whole, so that a redirect can ask for it again; a stream is counted as it
 * goes.
 *
 * @param limit in bytes
 * @throws EgressError `too_large`
 */
export async function readBody(body: unknown, limit: number): Promise<Sent> {
  if (body instanceof FormData) {
    // undici knows its own forms only and would send ours as the text "[object FormData]".
    const packed = new Response(body);
    const contentType = packed.headers.get('content-type');
    return { body: await wholeBody(packed.body, limit), contentType };
  }
  if (body instanceof ReadableStream)
    return { body: counted(body as ReadableStream<Uint8Array>, limit), contentType: null };
  if (isIterable(body)) return { body: counted(ReadableStream.from(body), limit), contentType: null };
  if (sizeOf(body) > limit) throw tooLarge();
  return { body, contentType: null };
}

/**
 * All of a stream that somebody else made of a body, such as `Request`.
 *
 * @param limit in bytes
 * @throws EgressError `too_large`
 */
export async function wholeBody(source: ReadableStream<Uint8Array> | null, limit: number): Promise<Uint8Array | null> {
  return source === null ? null : new Response(counted(source, limit)).bytes();
}

function counted(source: ReadableStream<Uint8Array>, limit: number): ReadableStream<Uint8Array> {
  let size = 0;
  return source.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform: (chunk, controller) => {
        size += chunk.byteLength;
        if (size > limit) throw tooLarge();
        controller.enqueue(chunk);
      },
    }),
  );
}

function isIterable(body: unknown): body is AsyncIterable<Uint8Array> {
  return typeof body === 'object' && body !== null && Symbol.asyncIterator in body;
}

function sizeOf(body: unknown): number {
  if (typeof body === 'string') return Buffer.byteLength(body);
  if (body instanceof URLSearchParams) return Buffer.byteLength(body.toString());
  if (body instanceof ArrayBuffer || ArrayBuffer.isView(body)) return body.byteLength;
  return body instanceof Blob ? body.size : 0;
}

function tooLarge(): EgressError {
  return new EgressError('too_large', '', 'The request is too large.');
}
