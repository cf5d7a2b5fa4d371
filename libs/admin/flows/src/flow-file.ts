import type { NativeInput } from '@flowkeep/contracts/http';

export type ImportRequest = NativeInput<'importFlows'>['body'];

/** The server takes no larger body. */
const maxBytes = 8 * 1024 * 1024 - 1024;

/** A file that is no flow export, with a sentence for the person who chose it. */
export class FlowFileError extends Error {}

/**
 * Reads an export of Langflow or Flowise: one flow, or a collection.
 *
 * @throws FlowFileError
 */
export async function readFlowFile(file: File): Promise<ImportRequest> {
  if (file.size > maxBytes) throw new FlowFileError('It is larger than 8 MB. Export fewer flows at once.');
  const documents = [parse(await file.text())].flat();
  if (documents.length === 0 || !documents.every(isObject)) {
    throw new FlowFileError('It is JSON, but no flow export. Use the file that Langflow or Flowise exports.');
  }
  return { dialect: documents.every(isFlowise) ? 'flowise' : 'langflow', documents };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new FlowFileError('It is not JSON. Use the file that Langflow or Flowise exports.');
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Flowise keeps the graph at the top, Langflow under `data`. */
function isFlowise(document: Record<string, unknown>): boolean {
  return Array.isArray(document['nodes']);
}
