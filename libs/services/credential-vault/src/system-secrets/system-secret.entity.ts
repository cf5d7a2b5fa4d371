import { defineEntity, p } from '@mikro-orm/core';

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
