import type { User } from '@flowkeep/contracts';
import { isoSeconds } from './times.ts';

/** A user as Langflow's `UserRead`; `store_api_key` is always null, a stored secret is never given back. */
export function userRead(user: User) {
  return {
    id: user.id,
    username: user.username,
    profile_image: user.profileImage,
    store_api_key: null,
    is_active: user.active,
    is_superuser: user.superuser,
    create_at: isoSeconds(user.createdAt),
    updated_at: isoSeconds(user.updatedAt),
    last_login_at: user.lastLoginAt === null ? null : isoSeconds(user.lastLoginAt),
    optins: { github_starred: false, dialog_dismissed: false, discord_clicked: false, ...user.optins },
  };
}

interface GivenChanges {
  readonly username?: string | null | undefined;
  readonly profile_image?: string | null | undefined;
  readonly is_active?: boolean | null | undefined;
  readonly is_superuser?: boolean | null | undefined;
  readonly optins?: Record<string, boolean> | null | undefined;
}

/** What a client wants changed, in our terms; for Langflow null says nothing. */
export function userChanges(given: GivenChanges) {
  return {
    ...(given.username == null ? {} : { username: given.username }),
    ...(given.profile_image == null ? {} : { profileImage: given.profile_image }),
    ...(given.is_active == null ? {} : { active: given.is_active }),
    ...(given.is_superuser == null ? {} : { superuser: given.is_superuser }),
    ...(given.optins == null ? {} : { optins: given.optins }),
  };
}
