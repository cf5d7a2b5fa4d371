import type { Message } from '@flowkeep/contracts';
import type { JsonValue } from '@flowkeep/flow-graph';
import type { TextStream } from './text-stream.ts';

/** A text on an edge, finished or still being written. */
export class MessageValue {
  readonly type = 'Message';
  readonly text: string | TextStream;
  readonly files: readonly string[];
  /** The chat message that was said with this text; null for a mere text. */
  readonly message: Message | null;
  /** Whether that message belongs to the session's history. */
  readonly stored: boolean;

  constructor(
    text: string | TextStream,
    said: { readonly files?: readonly string[]; readonly message?: Message | null; readonly stored?: boolean } = {},
  ) {
    this.text = text;
    this.files = said.files ?? [];
    this.message = said.message ?? null;
    this.stored = said.stored ?? false;
  }
}

/** Structured data on an edge. */
export class DataValue {
  readonly type = 'Data';
  readonly data: JsonValue;

  constructor(data: JsonValue) {
    this.data = data;
  }
}

/** What an output of a component carries. */
export type PortValue = MessageValue | DataValue;

export type PortType = PortValue['type'];
