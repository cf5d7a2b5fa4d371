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
  /** What wrote the text; null for everything but a model. */
  readonly model: string | null;

  constructor(
    text: string | TextStream,
    said: {
      readonly files?: readonly string[];
      readonly message?: Message | null;
      readonly stored?: boolean;
      readonly model?: string;
    } = {},
  ) {
    this.text = text;
    this.files = said.files ?? [];
    this.message = said.message ?? null;
    this.stored = said.stored ?? false;
    this.model = said.model ?? null;
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

/** The kinds of thing that live only as long as the run and are nothing anybody could store. */
export type HandleType = 'LanguageModel';

/** Something one component makes for another to use, for example a model that is ready to be asked. */
export class HandleValue<Object = unknown> {
  readonly type: HandleType;
  readonly object: Object;
  /** What people call it, for traces and answers. */
  readonly label: string;

  constructor(type: HandleType, object: Object, label: string) {
    this.type = type;
    this.object = object;
    this.label = label;
  }
}

/** What an output of a component carries. */
export type PortValue = MessageValue | DataValue | HandleValue;

export type PortType = PortValue['type'];
