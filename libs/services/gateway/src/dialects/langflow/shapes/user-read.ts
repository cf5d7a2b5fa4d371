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
    optins: { github_starred: false, dialog_dismissed: false, discord_clicked: false },
  };
}
