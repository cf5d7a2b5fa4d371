import { Injectable } from '@nestjs/common';
import { Bus, type OperationContext } from '@flowkeep/bus';
import { DomainError, promoteFlowSecret, type promoteSecret, type ReplyOf, type RequestOf } from '@flowkeep/contracts';
import type { JsonObject } from '@flowkeep/flow-graph';
import { bindSecret, readLangflowDocument, secretAt } from '@flowkeep/flow-langflow';
import { FlowSaves } from './flow-saves.ts';
import { toSummary } from './flow-view.ts';

/** Hidden secrets of flows that get a name. */
@Injectable()
export class SecretPromotion {
  constructor(
    private readonly bus: Bus,
    private readonly saves: FlowSaves,
  ) {}

  /**
   * Makes the secret of a field a credential of the workspace and the field take it by name. Whoever is stopped between
   * the two does it again with the same name.
   *
   * @throws DomainError `flow_not_found`, `flow_secret_not_found`, `flow_changed`, `name_taken`,
   *   `insufficient_permission`, `variable_unreadable`, `unavailable`
   */
  async promote(
    { flowId, nodeId, field, name, version }: RequestOf<typeof promoteSecret>,
    context: OperationContext<typeof promoteSecret>,
  ): Promise<ReplyOf<typeof promoteSecret>> {
    let variableId = '';
    const saved = await this.saves.change(context.caller, flowId, version, async (row) => {
      const stored = JSON.parse(row.document) as JsonObject;
      const secretId = secretAt(stored, { nodeId, field });
      if (secretId === null) throw new DomainError('flow_secret_not_found');
      const made = await this.bus.call(promoteFlowSecret, { flowId, secretId, name }, context);
      variableId = made.variableId;
      const document = bindSecret(stored, secretId, made.name);
      const { summary } = readLangflowDocument(document);
      // A name in the document may have been taken when it came.
      const kept = { ...summary, name: row.name, endpointName: row.endpointName ?? null };
      return { document, summary: kept, access: row.access, announced: null, released: [secretId] };
    });
    return { variableId, flow: toSummary(saved) };
  }
}
