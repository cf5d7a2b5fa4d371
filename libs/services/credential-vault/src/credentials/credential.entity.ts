import { defineEntity, type InferEntity, p } from '@mikro-orm/core';
import type { ValuePlace } from '../values.ts';

/** Several fields of a workspace that belong together, encrypted as one. */
export const CredentialEntity = defineEntity({
  name: 'Credential',
  tableName: 'credential',
  indexes: [{ properties: ['workspaceId', 'id'] }, { properties: ['dataKeyId'] }],
  properties: {
    id: p.uuid().primary(),
    workspaceId: p.uuid(),
    /** Who made it. */
    ownerId: p.uuid(),
    name: p.string().length(255),
    type: p.string().length(64),
    dataKeyId: p.uuid(),
    /** A JSON object of its fields. */
    ciphertext: p.text().hidden(),
    fingerprint: p.string().length(16),
    createdAt: p.bigint('number'),
    updatedAt: p.bigint('number'),
  },
});

export type CredentialRow = InferEntity<typeof CredentialEntity>;

export function placeOf({ id }: Pick<CredentialRow, 'id'>): ValuePlace {
  return ['credential', id];
}
