import { defineEntity, p } from '@mikro-orm/core';

/** A variable that a flow takes by its name, whether there is one or not. */
export const FlowVariableEntity = defineEntity({
  name: 'FlowVariable',
  tableName: 'flow_variable',
  indexes: [{ properties: ['workspaceId', 'name'] }],
  properties: {
    flowId: p.uuid().primary(),
    name: p.string().length(255).primary(),
    workspaceId: p.uuid(),
  },
});
