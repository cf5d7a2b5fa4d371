import { defineEntity, p } from '@mikro-orm/core';

/** A person who can sign in. */
export const UserEntity = defineEntity({
  name: 'User',
  tableName: 'app_user',
  properties: {
    id: p.uuid().primary(),
    username: p.string().length(255),
    /** Lower case, so that two users can't differ by case alone. */
    usernameKey: p.string().length(255).unique(),
    email: p.string().length(255).nullable(),
    /** Lower case, so that an address leads to one account. */
    emailKey: p.string().length(255).nullable().unique(),
    passwordHash: p.string().length(255).hidden(),
    profileImage: p.string().length(255).nullable(),
    active: p.boolean(),
    superuser: p.boolean(),
    /** What a client remembers about its person. */
    optins: p.json<Record<string, boolean>>().default('{}'),
    /** The password was made for this person; the portal asks for one of their own. */
    mustChangePassword: p.boolean().default(false),
    /** The workspace has yet to get the examples. */
    examplesPending: p.boolean().default(false),
    defaultWorkspaceId: p.uuid(),
    /** Rises with every change of what caches know: activity, powers, memberships, sessions. */
    revision: p.integer(),
    createdAt: p.bigint('number'),
    updatedAt: p.bigint('number'),
    lastLoginAt: p.bigint('number').nullable(),
  },
});
