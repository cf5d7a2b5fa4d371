import { DomainError, type FieldIssue } from '@flowkeep/contracts';
import { isJsonObject, type JsonObject, type JsonValue } from '@flowkeep/flow-graph';
import type { z } from 'zod';
import { findExcess } from './bounds.ts';
import { envelope, graphData } from './schema.ts';

/** What lists and look-ups need to know of a flow. */
export interface LangflowSummary {
  /** The id the flow had where it came from. */
  readonly id: string | null;
  readonly name: string;
  readonly description: string | null;
  readonly endpointName: string | null;
  readonly component: boolean;
  readonly webhook: boolean;
}

export interface LangflowFlow {
  readonly summary: LangflowSummary;
  /** The very object that was read. */
  readonly document: JsonObject;
}

/** What a graph without an envelope is called. */
const unnamed = 'Untitled flow';
const maxReportedIssues = 20;
const maxFlows = 500;

/**
 * The flows of one uploaded JSON: itself, or each member of a `{"flows": […]}` collection.
 *
 * @throws DomainError `flow_invalid` when the collection is none
 */
export function splitLangflowCollection(json: JsonValue): JsonValue[] {
  if (!isJsonObject(json) || !Object.hasOwn(json, 'flows')) return [json];
  const { flows } = json;
  if (!Array.isArray(flows)) throw invalid([{ path: ['flows'], code: 'invalid_type', message: 'Expected an array.' }]);
  if (flows.length > maxFlows) {
    throw invalid([{ path: ['flows'], code: 'too_big', message: `At most ${maxFlows} flows can be read at once.` }]);
  }
  return flows;
}

/**
 * Reads one Langflow export: an envelope with `data`, or the graph `{nodes, edges}` alone. Component types are not
 * looked at and nothing in the document is executed.
 *
 * @throws DomainError `flow_invalid` with the paths of what cannot be read
 */
export function readLangflowDocument(json: unknown): LangflowFlow {
  const excess = findExcess(json);
  if (excess !== undefined) throw invalid([excess]);
  if (!isJsonObject(json as JsonValue)) {
    throw invalid([{ path: [], code: 'invalid_type', message: 'Expected an object.' }]);
  }
  const document = json as JsonObject;
  if (isBareGraph(document)) {
    const data = parse(graphData, document);
    return { document, summary: { ...emptySummary, webhook: hasWebhook(data) } };
  }
  const read = parse(envelope, document);
  return {
    document,
    summary: {
      id: read.id ?? null,
      name: read.name,
      description: read.description ?? null,
      endpointName: read.endpoint_name || null,
      component: read.is_component ?? false,
      webhook: hasWebhook(read.data),
    },
  };
}

/** The graph inside a document that {@link readLangflowDocument} accepted; undefined when the flow has none yet. */
export function graphDataOf(document: JsonObject): z.infer<typeof graphData> | undefined {
  if (isBareGraph(document)) return parse(graphData, document);
  return isJsonObject(document['data']) ? parse(graphData, document['data']) : undefined;
}

const emptySummary: LangflowSummary = {
  id: null,
  name: unnamed,
  description: null,
  endpointName: null,
  component: false,
  webhook: false,
};

function isBareGraph(document: JsonObject): boolean {
  return !Object.hasOwn(document, 'data') && Array.isArray(document['nodes']) && Array.isArray(document['edges']);
}

function hasWebhook(data: z.infer<typeof graphData> | null | undefined): boolean {
  return data?.nodes.some(({ id }) => id.includes('Webhook')) ?? false;
}

function parse<Schema extends z.ZodType>(schema: Schema, value: unknown): z.infer<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw invalid(
    result.error.issues.slice(0, maxReportedIssues).map((issue) => ({
      path: issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step)),
      code: issue.code,
      message: issue.message,
    })),
  );
}

function invalid(issues: readonly FieldIssue[]): DomainError {
  return new DomainError('flow_invalid', { issues });
}
