import { defineEntity, p } from '@mikro-orm/core';

/** A secret key that data keys are wrapped under, or were. The key itself is never stored. */
export const SecretKeyEntity = defineEntity({
  name: 'SecretKey',
  tableName: 'secret_key',
  properties: {
    /** Derived from the key and of no use for finding it. */
    id: p.string().length(16).primary(),
    /** The one everything is wrapped under, and the one that is about to follow it; null once it was replaced. */
    role: p.string().length(16).$type<'current' | 'next'>().nullable().unique(),
    /** A text that opens with this key and with no other. */
    sealed: p.text().hidden(),
    createdAt: p.bigint('number'),
    changedAt: p.bigint('number'),
  },
});
