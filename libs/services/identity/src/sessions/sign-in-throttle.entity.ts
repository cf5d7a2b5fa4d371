import { defineEntity, p } from '@mikro-orm/core';

/** Failed attempts of one account or one address, while they count. */
export const SignInThrottleEntity = defineEntity({
  name: 'SignInThrottle',
  tableName: 'sign_in_throttle',
  properties: {
    /** What kind it is, and the SHA-256 of the account's name or the address. */
    id: p.string().length(80).primary(),
    failures: p.integer(),
    lastFailedAt: p.bigint('number').index(),
    /** Failures the audit log has yet to tell of, and since when. */
    unreported: p.integer(),
    unreportedSince: p.bigint('number'),
    userId: p.uuid().nullable(),
    /** Where the last attempt came from. */
    address: p.string().length(64),
  },
});

/** Addresses from which somebody signed in to an account; strangers' attempts do not bind them. */
export const SignInAddressEntity = defineEntity({
  name: 'SignInAddress',
  tableName: 'sign_in_address',
  properties: {
    /** SHA-256 of the account's name. */
    account: p.string().length(64).primary(),
    address: p.string().length(64).primary(),
    usedAt: p.bigint('number').index(),
  },
});
