import { defineEntity, p } from '@mikro-orm/core';

/** A deleted user whom other services have yet to forget. */
export const DepartureEntity = defineEntity({
  name: 'Departure',
  tableName: 'departure',
  properties: {
    userId: p.uuid().primary(),
    /** Who gets the flows; null when they are to be deleted. */
    heirId: p.uuid().nullable(),
    /** Workspaces that ended with the user. */
    endedWorkspaceIds: p.json<string[]>(),
    departedAt: p.bigint('number'),
  },
});
