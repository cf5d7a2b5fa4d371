import { Injectable } from '@nestjs/common';
import { type ReplyOf, type RequestOf, type resolve, storableText } from '@flowkeep/contracts';
import { Database } from '@flowkeep/persistence';
import { Values } from '../values.ts';
import { LastUses } from '../variables/last-uses.ts';
import { UnreadableVariables } from '../variables/unreadable-variables.ts';
import { VariableEntity } from '../variables/variable.entity.ts';
import { placeOf } from '../variables/variable-view.ts';
import { VaultOptions } from '../vault-options.ts';
import { FlowSecretEntity, placeOf as secretPlaceOf } from './flow-secret.entity.ts';

type Reply = ReplyOf<typeof resolve>;

/** Answers what runs need to know. */
@Injectable()
export class Resolution {
  constructor(
    private readonly database: Database,
    private readonly values: Values,
    private readonly uses: LastUses,
    private readonly unreadable: UnreadableVariables,
    private readonly options: VaultOptions,
  ) {}

  /** Only variables of the workspace and secrets of the flow; what else is asked for does not exist. */
  async resolve({ workspaceId, flowId, variables: asked, secretIds }: RequestOf<typeof resolve>): Promise<Reply> {
    // No variable can have a name that a database can't store; PostgreSQL would refuse the whole question.
    const names = asked.filter((name) => storableText.safeParse(name).success);
    const { variables, secrets } = await this.database.read(async (em) => ({
      variables: names.length === 0 ? [] : await em.find(VariableEntity, { workspaceId, name: { $in: names } }),
      secrets:
        secretIds.length === 0 ? [] : await em.find(FlowSecretEntity, { workspaceId, flowId, id: { $in: secretIds } }),
    }));
    const values = await this.values.open(workspaceId, [
      ...variables.map((row) => ({ ...row, place: placeOf(row) })),
      ...secrets.map((row) => ({ ...row, place: secretPlaceOf(row) })),
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
    this.unreadable.report(variables.filter((_, index) => values[index] === null));
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
