/** Where signing in leads: the page that was asked for before, if it is one of ours. */
export function addressAfterSignIn(next: string | undefined): string {
  const own = next !== undefined && /^\/(?![/\\])/.test(next) && !next.startsWith('/login');
  return own ? next : '/flows';
}
