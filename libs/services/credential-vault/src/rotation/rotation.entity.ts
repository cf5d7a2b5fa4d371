import { defineEntity, type InferEntity, p } from '@mikro-orm/core';
import type { rotationKinds, rotationStates } from '@flowkeep/contracts';

/** A change of keys, and how far it is. */
export const RotationEntity = defineEntity({
  name: 'Rotation',
  tableName: 'rotation',
  properties: {
    id: p.uuid().primary(),
    kind: p.string().length(16).$type<(typeof rotationKinds)[number]>(),
    /** The one workspace whose data key is changed; null for all of them and the services' own. */
    workspaceId: p.uuid().nullable(),
    /** The secret key that everything comes under. */
    secretKeyId: p.string().length(16).nullable(),
    state: p.string().length(16).$type<(typeof rotationStates)[number]>(),
    /** 1 while it goes on: there is one at a time. */
    running: p.integer().nullable().unique(),
    total: p.integer(),
    done: p.integer(),
    unreadable: p.integer(),
    startedAt: p.bigint('number'),
    updatedAt: p.bigint('number'),
    finishedAt: p.bigint('number').nullable(),
  },
});

export type RotationRow = InferEntity<typeof RotationEntity>;
