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

/** What a packet is about. Frames are numbered from 1. */
export type Head =
  /** `framed` says that the request follows in frames. */
  | { readonly k: 'ask'; readonly e: Envelope; readonly framed?: true }
  | { readonly k: 'reply' }
  | { readonly k: 'fail'; readonly error: WireError }
  /** The instance that took the request: where control packets go. */
  | { readonly k: 'taken'; readonly i: string }
  /** `more` says that the value goes on in the next one. */
  | { readonly k: 'frames'; readonly n: number; readonly bytes: number; readonly more?: true }
  /** How many frames there were. */
  | { readonly k: 'end'; readonly n: number }
  /** Cumulative: up to which frame, and up to how many bytes altogether, the producer may send. */
  | { readonly k: 'credit'; readonly n: number; readonly bytes: number }
  /** The producer lives; the last frame it sent, and who it is in case that was lost. */
  | { readonly k: 'beat'; readonly n: number; readonly i: string }
  | { readonly k: 'cancel' };

/** A packet's body is a JSON value in one process, and JSON text on a wire. */
export interface Packet {
  readonly head: Head;
  readonly body?: unknown;
}

export type Codec = 'values' | 'bytes';

/** A value ready to be sent, and how many bytes of credit it takes. */
export interface Packed {
  readonly body: unknown;
  readonly bytes: number;
}

/** How much longer a text may be than {@link seal} estimates. */
const mostPerEstimate = 6;

/**
 * Makes a value ready to be sent.
 *
 * @throws DomainError `payload_too_large` beyond the bus's limit; TypeError for what is no JSON
 */
export function pack(codec: Codec, value: unknown): Packed {
  const { bytes: estimate, absent } = seal(value);
  if (codec === 'values' && absent) return pack(codec, JSON.parse(JSON.stringify(value)));
  if (estimate * mostPerEstimate < busLimits.frameBytes) {
    return { body: codec === 'values' ? value : JSON.stringify(value), bytes: estimate };
  }
  if (estimate > busLimits.bodyBytes) throw new DomainError('payload_too_large');
  // Near the limit both codecs count the text itself, so that they refuse the same.
  if (codec === 'values' && estimate * mostPerEstimate <= busLimits.bodyBytes) return { body: value, bytes: estimate };
  const text = JSON.stringify(value);
  const bytes = Buffer.byteLength(text);
  if (bytes > busLimits.bodyBytes) throw new DomainError('payload_too_large');
  return { body: codec === 'values' ? value : text, bytes };
}

/** The value of a packet's body. */
export function unpack(codec: Codec, body: unknown): unknown {
  if (codec === 'values') return body;
  const value = JSON.parse(body as string) as unknown;
  if (value !== null && typeof value === 'object') seal(value);
  return value;
}

/** How many characters of a JSON text travel in one frame; three bytes each, they fit a packet. */
const pieceLength = 128 * 1024;

/** Cuts a JSON text for frames, never inside a character. */
export function* piecesOf(text: string): Generator<{ piece: string; last: boolean }> {
  for (let start = 0; start < text.length;) {
    let end = Math.min(start + pieceLength, text.length);
    const unit = text.charCodeAt(end - 1);
    if (end < text.length && unit >= 0xd800 && unit <= 0xdbff) end--;
    yield { piece: text.slice(start, end), last: end === text.length };
    start = end;
  }
}

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
