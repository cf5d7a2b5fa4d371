import type { JsonValue } from './json.ts';

/** What a test says about a field besides its value. */
interface FieldDetails {
  readonly type?: string;
  readonly secret?: boolean;
  readonly variable?: boolean;
  readonly secretId?: string;
  readonly list?: boolean;
  readonly visible?: boolean;
}

/** A node of this type; fields by name, as a value or with more about them. */
export function graphNode(
  id: string,
  type: string,
  fields: Readonly<Record<string, JsonValue>> = {},
  about: Readonly<Record<string, FieldDetails>> = {},
) {
  return {
    id,
    type,
    displayName: `${type} (${id})`,
    icon: `${type}-icon`,
    ports: [],
    fields: new Map(
      Object.entries(fields).map(([name, value]) => [
        name,
        {
          name,
          displayName: name,
          type: 'str',
          value,
          secret: false,
          variable: false,
          secretId: null,
          list: false,
          visible: true,
          ...about[name],
        },
      ]),
    ),
  };
}

/** A graph; edges are written `source.port > target.field`. */
export function graphOf<Node>(nodes: readonly Node[], edges: readonly string[] = []) {
  return { nodes, edges: edges.map(edgeOf) };
}

function edgeOf(written: string) {
  const [, sourceId, port, targetId, field] = /^(.+)\.(.+) > (.+)\.(.+)$/.exec(written) ?? [];
  if (sourceId === undefined || port === undefined || targetId === undefined || field === undefined) {
    throw new Error(`Not an edge: ${written}`);
  }
  return { kind: 'value' as const, id: written, sourceId, port, targetId, field };
}
