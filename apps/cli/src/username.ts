import { username as form } from '@flowkeep/contracts';

/** @throws Error with one line for a name nobody can have */
export function requiredUsername({ username }: { readonly username?: string | undefined }): string {
  const parsed = form.safeParse(username);
  if (parsed.success) return parsed.data;
  throw new Error('Give the name of the user: --username NAME, of at most 255 characters.');
}

export function describeSessions(count: number): string {
  return count === 1 ? '1 session' : `${count} sessions`;
}
