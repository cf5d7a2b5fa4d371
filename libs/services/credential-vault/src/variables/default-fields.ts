import { Injectable } from '@nestjs/common';
import type { listDefaultFields, ReplyOf, RequestOf } from '@flowkeep/contracts';
import { Database, query } from '@flowkeep/persistence';

/** Variables that are asked about; those that came later apply to nothing by themselves. */
const mostVariables = 1000;

/** Fields that pick a variable by themselves. */
@Injectable()
export class DefaultFields {
  constructor(private readonly database: Database) {}

  /** Of the variables that name a field the oldest has it. */
  async list({ workspaceId }: RequestOf<typeof listDefaultFields>): Promise<ReplyOf<typeof listDefaultFields>> {
    const { rows } = await this.database.read((em) =>
      query<{ name: string; default_fields: string }>(
        em,
        `select name, default_fields from variable where workspace_id = $1 and default_fields <> '[]'
          order by created_at, id limit ${mostVariables}`,
        [workspaceId],
      ),
    );
    const taken = new Set<string>();
    const variables = rows.map((row) => {
      const fields = (JSON.parse(row.default_fields) as string[]).filter((field) => !taken.has(field));
      for (const field of fields) taken.add(field);
      return { name: row.name, fields };
    });
    return { variables: variables.filter(({ fields }) => fields.length > 0) };
  }
}
