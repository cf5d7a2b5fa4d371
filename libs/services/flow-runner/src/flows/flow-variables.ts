import type { SqlEntityManager } from '@mikro-orm/sql';
import { storableText } from '@flowkeep/contracts';
import type { JsonObject } from '@flowkeep/flow-graph';
import { boundVariables } from '@flowkeep/flow-langflow';
import { FlowVariableEntity } from './flow-variable.entity.ts';

/** As many as one run may ask for: a flow that names more can't run. */
const mostNames = 1000;
const possibleName = storableText.max(255);

/** Writes down which variables a flow takes, in the transaction that stores it. */
export async function noteVariables(
  em: SqlEntityManager,
  flow: { readonly flowId: string; readonly workspaceId: string },
  document: JsonObject,
): Promise<void> {
  // No variable has a name of another kind.
  const names = [...boundVariables(document)].filter((name) => possibleName.safeParse(name).success);
  await em.nativeDelete(FlowVariableEntity, { flowId: flow.flowId });
  if (names.length === 0) return;
  await em.insertMany(
    FlowVariableEntity,
    names.slice(0, mostNames).map((name) => ({ ...flow, name })),
  );
}
