import { Injectable } from '@nestjs/common';
import { Clock } from '@flowkeep/config';
import type { dropFlowSecrets, keepFlowSecrets, ReplyOf, RequestOf } from '@flowkeep/contracts';
import { Database, query } from '@flowkeep/persistence';
import { Values } from '../values.ts';
import { FlowSecretEntity } from './flow-secret.entity.ts';

/** Secrets that were found in flows. */
@Injectable()
export class FlowSecretsService {
  constructor(
    private readonly database: Database,
    private readonly values: Values,
    private readonly clock: Clock,
  ) {}

  /** Stores those that are not there yet; an id that is taken stays what it is. */
  async keep({
    workspaceId,
    flowId,
    secrets,
  }: RequestOf<typeof keepFlowSecrets>): Promise<ReplyOf<typeof keepFlowSecrets>> {
    const now = this.clock.now();
    const rows = await Promise.all(
      secrets.map(async ({ id, nodeId, field, value }) => {
        const sealed = await this.values.seal({ table: 'flow-secret', id, workspaceId }, value);
        return [id, workspaceId, flowId, nodeId, field, sealed.dataKeyId, sealed.ciphertext, now];
      }),
    );
    const kept = await this.database.transaction(async (em) => {
      let stored = 0;
      for (const row of rows) {
        const { affected } = await query(
          em,
          `insert into flow_secret (id, workspace_id, flow_id, node_id, field, data_key_id, ciphertext, created_at)
           values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (id) do nothing`,
          row,
        );
        stored += affected;
      }
      return stored;
    });
    return { kept };
  }

  async drop({ flowId, secretIds }: RequestOf<typeof dropFlowSecrets>): Promise<ReplyOf<typeof dropFlowSecrets>> {
    const which = secretIds === null ? { flowId } : { flowId, id: { $in: secretIds } };
    return { dropped: await this.database.transaction((em) => em.nativeDelete(FlowSecretEntity, which)) };
  }
}
