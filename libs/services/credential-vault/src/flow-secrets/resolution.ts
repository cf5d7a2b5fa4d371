import { Injectable } from '@nestjs/common';
import { type ReplyOf, type RequestOf, type resolve, storableText, type variableSources } from '@flowkeep/contracts';
import { Database, query } from '@flowkeep/persistence';
import type { SqlEntityManager } from '@mikro-orm/sql';
import { UnreadableValues } from '../unreadable-values.ts';
import { type ValuePlace, Values } from '../values.ts';
import { Logger } from '@flowkeep/telemetry';
import { LastUses } from '../variables/last-uses.ts';
import { ReferenceError, References } from '../variables/references.ts';
import { placeOf, toUnreadable } from '../variables/variable-view.ts';
import { VaultOptions } from '../vault-options.ts';
import { placeOf as secretPlaceOf } from './flow-secret.entity.ts';

type Reply = ReplyOf<typeof resolve>;

interface SecretRow {
  readonly id: string;
  readonly data_key_id: string;
  readonly ciphertext: string;
}

interface FlowSecretRow extends SecretRow {
  readonly node_id: string;
  readonly field: string;
  readonly created_at: number;
}

interface VariableRow extends SecretRow {
  readonly name: string;
  readonly source: (typeof variableSources)[number];
  readonly kind: Reply['variables'][number]['kind'];
  readonly updated_at: number;
}

// Past the unit of work: every run that uses a credential waits for this.
const variablesOf =
  'select id, name, kind, source, updated_at, data_key_id, ciphertext from variable where workspace_id = $1 and name';
const secretsOf =
  'select id, node_id, field, created_at, data_key_id, ciphertext from flow_secret where workspace_id = $1 and flow_id = $2 and id';

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
    private readonly unreadable: UnreadableValues,
    private readonly references: References,
    private readonly options: VaultOptions,
    private readonly logger: Logger,
  ) {}

  /** Only variables of the workspace and secrets of the flow; what else is asked for does not exist. */
  async resolve({ workspaceId, flowId, variables: asked, secretIds }: RequestOf<typeof resolve>): Promise<Reply> {
    // No variable can have a name that a database can't store; PostgreSQL would refuse the whole question.
    const names = asked.filter((name) => storableText.safeParse(name).success);
    const { variables, secrets } = await this.database.read(async (em) => ({
      variables: await rowsOf<VariableRow>(em, variablesOf, [workspaceId], names),
      secrets: await rowsOf<FlowSecretRow>(em, secretsOf, [workspaceId, flowId], secretIds),
    }));
    const values: (string | null)[] = await this.values.open(workspaceId, [
      ...variables.map((row) => toStored(row, placeOf(row))),
      ...secrets.map((row) => toStored(row, secretPlaceOf({ flowId, id: row.id }))),
    ]);
    for (const [index, { id, source }] of variables.entries()) {
      const content = values[index] ?? null;
      if (source === 'reference' && content !== null) values[index] = await this.follow(workspaceId, id, content);
    }
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
    this.unreadable.report([
      ...variables
        .filter((_, index) => values[index] === null)
        .map(({ id, name, updated_at: updatedAt }) => toUnreadable({ id, name, workspaceId, updatedAt })),
      ...secrets
        .filter((_, index) => values[variables.length + index] === null)
        .map(({ id, node_id: nodeId, field, created_at: storedAt }) => {
          // A name of a field may be longer than what an event holds.
          const details = { flowId, nodeId, field: field.slice(0, 255) };
          return { kind: 'flow-secret' as const, id, workspaceId, storedAt, details };
        }),
    ]);
    this.addFallbacks(names, new Set(variables.map(({ name }) => name)), reply);
    return reply;
  }

  /** @returns null when the reference leads to no value */
  private async follow(workspaceId: string, variableId: string, reference: string): Promise<string | null> {
    try {
      return await this.references.read(workspaceId, reference);
    } catch (error) {
      if (!(error instanceof ReferenceError)) throw error;
      this.logger.warn('the reference of a variable could not be resolved', { variableId, reason: error.message });
      return null;
    }
  }

  private addFallbacks(names: readonly string[], stored: ReadonlySet<string>, reply: Reply): void {
    if (!this.options.fallback) return;
    for (const name of names) {
      const value = stored.has(name) ? undefined : this.options.environment.get(name);
      if (value !== undefined) reply.variables.push({ name, kind: 'credential', value });
    }
  }
}
