import { defineEntity, type InferEntity, p } from '@mikro-orm/core';
import type { variableKinds, variableSources } from '@flowkeep/contracts';

/** A named value of a workspace. */
export const VariableEntity = defineEntity({
  name: 'Variable',
  tableName: 'variable',
  uniques: [{ name: 'variable_name_unique', properties: ['workspaceId', 'name'] }],
  indexes: [{ properties: ['dataKeyId'] }],
  properties: {
    id: p.uuid().primary(),
    workspaceId: p.uuid(),
    /** Who made it. */
    ownerId: p.uuid(),
    name: p.string().length(255),
    kind: p.string().length(16).$type<(typeof variableKinds)[number]>(),
    /** Whether what is encrypted is the value, or says where it is. */
    source: p.string().length(16).$type<(typeof variableSources)[number]>().default('value'),
    dataKeyId: p.uuid(),
    ciphertext: p.text().hidden(),
    fingerprint: p.string().length(16),
    /** A JSON list of names. */
    defaultFields: p.text(),
    origin: p.string().length(16).$type<'person' | 'environment'>(),
    createdAt: p.bigint('number'),
    updatedAt: p.bigint('number'),
    lastUsedAt: p.bigint('number').nullable(),
  },
});

export type VariableRow = InferEntity<typeof VariableEntity>;
