import type { JsonValue } from '@flowkeep/flow-graph';
import type { InputSpec, InputValue } from './component.ts';
import { TextStream } from './text-stream.ts';
import { DataValue, HandleValue, MessageValue } from './values.ts';

/** The finished text of a value; data without a `text` of its own is shown as JSON. */
function textOf(value: InputValue, absent: string): string {
  if (value === undefined || value === null) return absent;
  if (typeof value === 'string') return value;
  if (value instanceof MessageValue) return typeof value.text === 'string' ? value.text : value.text.written;
  if (value instanceof HandleValue) return value.label;
  return jsonText(value instanceof DataValue ? value.data : value);
}

function jsonText(data: JsonValue): string {
  if (data === null) return '';
  if (typeof data !== 'object') return String(data);
  if (!Array.isArray(data) && typeof data['text'] === 'string') return data['text'];
  return JSON.stringify(data);
}

/** A text; messages give theirs. */
export function text(absent = ''): InputSpec<string> {
  return { accepts: ['Message', 'Data'], streaming: false, read: (value) => textOf(value, absent) };
}

/** A text that may still be written when the component starts. */
export function streamableText(absent = ''): InputSpec<string | TextStream> {
  return {
    accepts: ['Message', 'Data'],
    streaming: true,
    read: (value) =>
      value instanceof MessageValue && value.text instanceof TextStream ? value.text : textOf(value, absent),
  };
}

/** Yes or no; texts count as Langflow's editor writes them. */
export function flag(absent: boolean): InputSpec<boolean> {
  return {
    accepts: [],
    streaming: false,
    read: (value) => {
      if (typeof value === 'boolean') return value;
      return typeof value === 'string' ? value.toLowerCase() === 'true' : absent;
    },
  };
}

/** One of a few texts; anything else counts as absent. */
export function choice<const Choice extends string>(choices: readonly Choice[], absent: Choice): InputSpec<Choice> {
  const known = new Map<string, Choice>(choices.map((name) => [name, name]));
  return { accepts: ['Message'], streaming: false, read: (value) => known.get(textOf(value, absent)) ?? absent };
}

/** Paths of uploaded files, one or a list. */
export function files(): InputSpec<readonly string[]> {
  return {
    accepts: [],
    streaming: false,
    read: (value) =>
      (Array.isArray(value) ? value : [value]).filter(
        (path): path is string => typeof path === 'string' && path !== '',
      ),
  };
}

/** A number; texts count as people write them, anything else as absent. */
export function number(absent: number | null): InputSpec<number | null> {
  return {
    accepts: ['Message'],
    streaming: false,
    read: (value) => {
      const written = textOf(value, '').trim();
      const read = written === '' ? Number.NaN : Number(written);
      return Number.isFinite(read) ? read : absent;
    },
  };
}

/** A value of any shape, as it is. */
export function json(): InputSpec<JsonValue> {
  return {
    accepts: ['Data'],
    streaming: false,
    read: (value) => {
      if (value instanceof DataValue) return value.data;
      return value instanceof MessageValue || value instanceof HandleValue ? textOf(value, '') : (value ?? null);
    },
  };
}

/** A text that says where something is sent. */
export function destination(): InputSpec<string> {
  return { ...text(), destination: true };
}
