import {
  busLimits,
  DomainError,
  type Envelope,
  type ErrorCode,
  type FieldIssue,
  isErrorCode,
} from '@flowkeep/contracts';
import { seal } from './seal.ts';

/** A failure as it crosses the bus. `detail` is for the log of whoever gets it. */
export interface WireError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly detail?: string;
  readonly issues?: readonly FieldIssue[];
  readonly retryAfterSeconds?: number;
}

/** What a packet is about. Frames are numbered from 1 across packets; `n` is the number of the packet's first. */
export type Head =
  | { readonly k: 'ask'; readonly e: Envelope; readonly framed?: true }
  | { readonly k: 'reply' }
  | { readonly k: 'fail'; readonly error: WireError }
  /** The instance that took the request: where control packets go. */
  | { readonly k: 'taken'; readonly i: string }
  | { readonly k: 'frames'; readonly n: number; readonly bytes: number }
  /** How many frames there were; `reply` says that they make up one reply, not a stream. */
  | { readonly k: 'end'; readonly n: number }
  /** Cumulative: up to which frame, and up to how many bytes altogether, the producer may send. */
  | { readonly k: 'credit'; readonly n: number; readonly bytes: number }
  /** The producer lives; the last frame it sent. */
  | { readonly k: 'beat'; readonly n: number }
  | { readonly k: 'cancel' };

/** A packet's body is a JSON value in one process, and JSON text on a wire. */
export interface Packet {
  readonly head: Head;
  readonly body?: unknown;
}

export type Codec = 'values' | 'bytes';

/**
 * Makes a value ready to be sent.
 *
 * @throws DomainError `payload_too_large` beyond the bus's limit; TypeError for what is no JSON
 */
export function pack(codec: Codec, value: unknown): { body: unknown; bytes: number } {
  const estimate = seal(value);
  if (estimate > busLimits.bodyBytes) throw new DomainError('payload_too_large');
  if (codec === 'values') return { body: value, bytes: estimate };
  const body = JSON.stringify(value);
  return { body, bytes: estimate > 16_384 ? Buffer.byteLength(body) : estimate };
}

/** The value of a packet's body. */
export function unpack(codec: Codec, body: unknown): unknown {
  if (codec === 'values') return body;
  const value = JSON.parse(body as string) as unknown;
  if (value !== null && typeof value === 'object') seal(value);
  return value;
}

/** How much of a JSON text travels in one frame; even if every character needs six bytes it fits a packet. */
export const pieceLength = 128 * 1024;

export function toWireError(error: unknown): WireError {
  if (!(error instanceof DomainError)) return { code: 'internal', message: new DomainError('internal').message };
  const { code, message, detail, issues, retryAfterSeconds } = error;
  return {
    code,
    message,
    ...(detail === undefined ? {} : { detail }),
    ...(issues === undefined ? {} : { issues }),
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  };
}

export function fromWireError(error: WireError): DomainError {
  const { code, ...options } = error;
  return new DomainError(isErrorCode(code) ? code : 'internal', options);
}

/** One packet as text: the head, a line feed, the body. JSON text has no line feed of its own. */
export function encode({ head, body }: Packet): string {
  return body === undefined ? `${JSON.stringify(head)}\n` : `${JSON.stringify(head)}\n${body as string}`;
}

export function decode(text: string): Packet {
  const end = text.indexOf('\n');
  const head = JSON.parse(text.slice(0, end)) as Head;
  return end === text.length - 1 ? { head } : { head, body: text.slice(end + 1) };
}
