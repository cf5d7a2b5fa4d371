import { Injectable } from '@nestjs/common';
import type { ReplyOf, RequestOf, resolve } from '@flowkeep/contracts';
import { Database } from '@flowkeep/persistence';
import { Values } from '../values.ts';
import { LastUses } from '../variables/last-uses.ts';
import { VariableEntity } from '../variables/variable.entity.ts';
import { placeOf } from '../variables/variable-view.ts';
import { VaultOptions } from '../vault-options.ts';
import { FlowSecretEntity } from './flow-secret.entity.ts';

type Reply = ReplyOf<typeof resolve>;

/** Answers what runs need to know. */
@Injectable()
export class Resolution {
  constructor(
    private readonly database: Database,
    private readonly values: Values,
    private readonly uses: LastUses,
    private readonly options: VaultOptions,
  ) {}

  /** Only variables of the workspace and secrets of the flow; what else is asked for does not exist. */
  async resolve({ workspaceId, flowId, variables: names, secretIds }: RequestOf<typeof resolve>): Promise<Reply> {
    const { variables, secrets } = await this.database.read(async (em) => ({
      variables: names.length === 0 ? [] : await em.find(VariableEntity, { workspaceId, name: { $in: names } }),
      secrets:
        secretIds.length === 0 ? [] : await em.find(FlowSecretEntity, { workspaceId, flowId, id: { $in: secretIds } }),
    }));
    const values = await this.values.open([
      ...variables.map((row) => ({ ...row, place: placeOf(row) })),
      ...secrets.map((row) => ({ ...row, place: { table: 'flow-secret' as const, id: row.id, workspaceId } })),
    ]);
    const reply: Reply = { variables: [], secrets: [], unreadable: [] };
    for (const [index, { name, kind }] of variables.entries()) {
      const value = values[index] ?? null;
      if (value === null) reply.unreadable.push(name);
      else reply.variables.push({ name, kind, value });
    }
    for (const [index, { id }] of secrets.entries()) {
      const value = values[variables.length + index] ?? null;
      if (value === null) reply.unreadable.push(id);
      else reply.secrets.push({ id, value });
    }
    this.uses.note(variables.map(({ id }) => id));
    this.addFallbacks(names, new Set(variables.map(({ name }) => name)), reply);
    return reply;
  }

  private addFallbacks(names: readonly string[], stored: ReadonlySet<string>, reply: Reply): void {
    if (!this.options.fallback) return;
    for (const name of names) {
      const value = stored.has(name) ? undefined : this.options.environment.get(name);
      if (value !== undefined) reply.variables.push({ name, kind: 'credential', value });
    }
  }
}
