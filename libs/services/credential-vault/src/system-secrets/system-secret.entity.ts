import { defineEntity, type InferEntity, p } from '@mikro-orm/core';

/** What another service must keep secret, for example the key it signs tokens with. */
export const SystemSecretEntity = defineEntity({
  name: 'SystemSecret',
  tableName: 'system_secret',
  properties: {
    id: p.uuid().primary(),
    service: p.string().length(16),
    name: p.string().length(128),
    dataKeyId: p.uuid(),
    ciphertext: p.text().hidden(),
    createdAt: p.bigint('number'),
  },
  uniques: [{ properties: ['service', 'name'] }],
});

type SystemSecret = InferEntity<typeof SystemSecretEntity>;

/** Bound to everything that says whose it is: a ciphertext moved to another service's row does not open. */
export function placeOf({ id, service, name, dataKeyId }: Pick<SystemSecret, 'id' | 'service' | 'name' | 'dataKeyId'>) {
  return ['system-secret', service, name, id, dataKeyId] as const;
}
