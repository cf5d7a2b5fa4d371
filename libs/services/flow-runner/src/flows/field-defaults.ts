import { Injectable } from '@nestjs/common';
import { Bus, systemContext } from '@flowkeep/bus';
import { listDefaultFields } from '@flowkeep/contracts';
import { bindEmptySecrets, type BoundField, hasEmptySecret } from '@flowkeep/flow-langflow';
import type { ReadFlow } from './read-documents.ts';

/** A flow whose empty secret fields take the variables that apply to them. */
export interface FilledFlow extends ReadFlow {
  readonly bound: readonly BoundField[];
}

/** Variables that apply to fields by themselves. */
@Injectable()
export class FieldDefaults {
  constructor(private readonly bus: Bus) {}

  /**
   * Makes empty secret fields take the variables of the workspace that name them; of two that name one, the older.
   *
   * @throws DomainError `unavailable` while the vault is away
   */
  async apply(workspaceId: string, flows: readonly ReadFlow[]): Promise<readonly FilledFlow[]> {
    if (!flows.some(({ document }) => hasEmptySecret(document))) return flows.map((flow) => ({ ...flow, bound: [] }));
    const { variables } = await this.bus.call(listDefaultFields, { workspaceId }, systemContext);
    const variableFor = (names: ReadonlySet<string>) =>
      variables.find(({ fields }) => fields.some((field) => names.has(field)))?.name;
    return flows.map((flow) => ({ ...flow, ...bindEmptySecrets(flow.document, variableFor) }));
  }
}
