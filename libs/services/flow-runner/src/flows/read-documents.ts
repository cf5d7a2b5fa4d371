import { DomainError, type importFlows, type RequestOf } from '@flowkeep/contracts';
import type { JsonObject } from '@flowkeep/flow-graph';
import { type LangflowSummary, readLangflowDocument, splitLangflowCollection } from '@flowkeep/flow-langflow';

/** A flow that can be stored. */
export interface ReadFlow {
  readonly summary: LangflowSummary;
  /** As it came, with the secrets in it. */
  readonly document: JsonObject;
}

const maxFlows = 500;

/**
 * Reads what an import brought, collections taken apart.
 *
 * @throws DomainError `flow_invalid`; the paths of its issues begin with the place of the document
 */
export function readDocuments({
  dialect,
  documents,
}: Pick<RequestOf<typeof importFlows>, 'dialect' | 'documents'>): ReadFlow[] {
  if (dialect !== 'langflow')
    throw new DomainError('flow_invalid', { message: 'Only Langflow flows can be imported.' });
  const flows = documents.flatMap((document, index) =>
    splitLangflowCollection(document).map((json, place, all) =>
      readFlow(json, all.length > 1 ? [index, 'flows', place] : [index]),
    ),
  );
  if (flows.length > maxFlows) {
    throw new DomainError('flow_invalid', { message: `At most ${maxFlows} flows can be imported at once.` });
  }
  return flows;
}

function readFlow(json: unknown, place: readonly (string | number)[]): ReadFlow {
  try {
    return readLangflowDocument(json);
  } catch (error) {
    if (!(error instanceof DomainError) || error.issues === undefined) throw error;
    const issues = error.issues.map((issue) => ({ ...issue, path: ['documents', ...place, ...issue.path] }));
    throw new DomainError(error.code, { message: error.message, issues });
  }
}
