import { Injectable } from '@nestjs/common';
import { type ReplyOf, type RequestOf, type resolve, storableText } from '@flowkeep/contracts';
import { Database, query } from '@flowkeep/persistence';
import type { SqlEntityManager } from '@mikro-orm/sql';
import { type ValuePlace, Values } from '../values.ts';
import { LastUses } from '../variables/last-uses.ts';
import { UnreadableVariables } from '../variables/unreadable-variables.ts';
import { placeOf } from '../variables/variable-view.ts';
import { VaultOptions } from '../vault-options.ts';
import { placeOf as secretPlaceOf } from './flow-secret.entity.ts';

type Reply = ReplyOf<typeof resolve>;

interface SecretRow {
  readonly id: string;
  readonly data_key_id: string;
  readonly ciphertext: string;
}

interface VariableRow extends SecretRow {
  readonly name: string;
  readonly kind: Reply['variables'][number]['kind'];
  readonly updated_at: number;
}

// Past the unit of work: every run that uses a credential waits for this.
const variablesOf =
  'select id, name, kind, updated_at, data_key_id, ciphertext from variable where workspace_id = $1 and name';
const secretsOf = 'select id, data_key_id, ciphertext from flow_secret where workspace_id = $1 and flow_id = $2 and id';

async function rowsOf<Row>(
  em: SqlEntityManager,
  sql: string,
  fixed: readonly string[],
  wanted: readonly string[],
): Promise<readonly Row[]> {
  if (wanted.length === 0) return [];
  const places = wanted.map((_, index) => `$${fixed.length + index + 1}`).join(', ');
  return (await query<Row>(em, `${sql} in (${places})`, [...fixed, ...wanted])).rows;
}

function toStored({ data_key_id: dataKeyId, ciphertext }: SecretRow, place: ValuePlace) {
  return { place, dataKeyId, ciphertext };
}

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
      variables: await rowsOf<VariableRow>(em, variablesOf, [workspaceId], names),
      secrets: await rowsOf<SecretRow>(em, secretsOf, [workspaceId, flowId], secretIds),
    }));
    const values = await this.values.open(workspaceId, [
      ...variables.map((row) => toStored(row, placeOf(row))),
      ...secrets.map((row) => toStored(row, secretPlaceOf({ flowId, id: row.id }))),
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
    this.unreadable.report(
      variables
        .filter((_, index) => values[index] === null)
        .map(({ id, name, updated_at: updatedAt }) => ({ id, name, workspaceId, updatedAt })),
    );
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
