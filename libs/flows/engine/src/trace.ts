import { type GraphNode, isSecret, type JsonValue } from '@flowkeep/flow-graph';
import type { NodeTrace } from './events.ts';
import { mask, type Redaction } from './redaction.ts';
import { TextStream } from './text-stream.ts';
import { DataValue, HandleValue, MessageValue } from './values.ts';

const maxBytes = 8 * 1024;
/** Characters of one value that are shown. */
const shownLength = 500;

/**
 * Describes what a node got and gave. Secret fields are masked whatever they hold, secrets in other values by what they
 * are; long values are cut, and where all of it is still too much only the names are left.
 */
export function describeNode(
  node: GraphNode,
  timing: Pick<NodeTrace, 'startedAt' | 'durationMs' | 'status'>,
  { inputs, outputs }: Readonly<Record<'inputs' | 'outputs', Readonly<Record<string, unknown>>>>,
  redaction: Redaction,
): NodeTrace {
  const trace = (show: (value: unknown) => JsonValue): NodeTrace => ({
    nodeId: node.id,
    nodeType: node.type,
    ...timing,
    inputs: describe(inputs, (value, name) => {
      const field = node.fields.get(name);
      return field !== undefined && isSecret(field) ? mask : show(value);
    }),
    outputs: describe(outputs, show),
  });
  const full = trace((value) => preview(value, redaction));
  if (byteLength(full) <= maxBytes) return full;
  const names = trace(() => '…');
  return byteLength(names) <= maxBytes ? names : { ...names, inputs: {}, outputs: {} };
}

function describe(values: Readonly<Record<string, unknown>>, show: (value: unknown, name: string) => JsonValue) {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, show(value, name)]));
}

function preview(value: unknown, redaction: Redaction): JsonValue {
  if (value instanceof MessageValue) return preview(value.text, redaction);
  if (value instanceof DataValue) return preview(value.data, redaction);
  if (value instanceof HandleValue) return cut(redaction.text(value.label));
  if (value instanceof TextStream) return '(stream)';
  if (typeof value === 'string') return cut(redaction.text(value));
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) return value;
  return value === undefined ? '' : cut(redaction.text(JSON.stringify(value)));
}

function cut(text: string): string {
  return text.length > shownLength ? `${text.slice(0, shownLength)}…` : text;
}

function byteLength(value: unknown): number {
  return new TextEncoder().encode(JSON.stringify(value)).length;
}
