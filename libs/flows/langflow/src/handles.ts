import type { GraphEdge } from '@flowkeep/flow-graph';
import { handles, type LangflowEdge } from './schema.ts';

/**
 * Reads what an edge connects. `data.sourceHandle` and `data.targetHandle` count where present; otherwise the handle
 * strings, which are JSON with `œ` for every quotation mark. Exports of 2023 have strings separated by `|` instead:
 * those edges come out as unreadable.
 */
export function readEdge(edge: LangflowEdge): GraphEdge {
  const base = { id: edge.id ?? `${edge.source}-${edge.target}`, sourceId: edge.source, targetId: edge.target };
  const source = handles.source.safeParse(edge.data?.sourceHandle ?? decodeHandle(edge.sourceHandle));
  const end = edge.data?.targetHandle ?? decodeHandle(edge.targetHandle);
  const target = handles.target.safeParse(end);
  if (source.success && target.success) {
    return { ...base, kind: 'value', port: source.data.name, field: target.data.fieldName };
  }
  const loop = handles.loop.safeParse(end);
  if (source.success && loop.success) return { ...base, kind: 'loop', port: loop.data.name };
  return { ...base, kind: 'unreadable' };
}

function decodeHandle(handle: string | null | undefined): unknown {
  if (handle === null || handle === undefined) return undefined;
  try {
    return JSON.parse(handle.replaceAll('œ', '"'));
  } catch {
    return undefined;
  }
}
