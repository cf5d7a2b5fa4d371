import type { SqlEntityManager } from '@mikro-orm/sql';
import { Injectable } from '@nestjs/common';
import { Bus } from '@flowkeep/bus';
import { Clock } from '@flowkeep/config';
import {
  type dropFlowSecrets,
  type keepFlowSecrets,
  type ReplyOf,
  type RequestOf,
  secretsChanged,
} from '@flowkeep/contracts';
import { Database, query, type SqlValue } from '@flowkeep/persistence';
import { type SealedValue, Values } from '../values.ts';
import { FlowSecretEntity, placeOf } from './flow-secret.entity.ts';

/** Rows of one transaction: nobody waits for all the secrets of a large flow. */
const batchSize = 200;

/** Secrets that were found in flows. */
@Injectable()
export class FlowSecretsService {
  constructor(
    private readonly database: Database,
    private readonly values: Values,
    private readonly bus: Bus,
    private readonly clock: Clock,
  ) {}

  /** Stores those that are not there yet; an id that is taken stays what it is. */
  async keep({
    workspaceId,
    flowId,
    secrets,
  }: RequestOf<typeof keepFlowSecrets>): Promise<ReplyOf<typeof keepFlowSecrets>> {
    const now = this.clock.now();
    let kept = 0;
    for (let from = 0; from < secrets.length; from += batchSize) {
      const batch = secrets.slice(from, from + batchSize);
      const values = batch.map(({ id, value }) => ({ place: placeOf({ flowId, id }), value }));
      kept += await this.values.store(workspaceId, values, (sealed, hold) => {
        const rows = batch.map(({ id, nodeId, field }, index) => {
          const { dataKeyId, ciphertext } = sealed[index] as SealedValue;
          return [id, workspaceId, flowId, nodeId, field, dataKeyId, ciphertext, now];
        });
        return this.insert(rows, hold);
      });
    }
    return { kept };
  }

  /** Those that are gone already are not counted. */
  async drop({ flowId, secretIds }: RequestOf<typeof dropFlowSecrets>): Promise<ReplyOf<typeof dropFlowSecrets>> {
    const which = secretIds === null ? { flowId } : { flowId, id: { $in: secretIds } };
    const { dropped, workspaceIds } = await this.database.transaction(async (em) => {
      const rows = await em.find(FlowSecretEntity, which, { fields: ['workspaceId'] });
      const ofWorkspaces = new Set(rows.map(({ workspaceId }) => workspaceId));
      return { dropped: await em.nativeDelete(FlowSecretEntity, which), workspaceIds: [...ofWorkspaces] };
    });
    if (workspaceIds.length > 0) this.bus.emit(secretsChanged, { workspaceIds });
    return { dropped };
  }

  private insert(
    rows: readonly (readonly SqlValue[])[],
    hold: (em: SqlEntityManager) => Promise<void>,
  ): Promise<number> {
    return this.database.transaction(async (em) => {
      await hold(em);
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
  }
}
