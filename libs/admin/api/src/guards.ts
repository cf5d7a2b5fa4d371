import { inject } from '@angular/core';
import { type CanActivateFn, Router, type UrlTree } from '@angular/router';
import { ApiProblem } from './api-problem.ts';
import { type Account, Session } from './session.ts';

/** Lets in whoever is signed in and has a password of their own; a password somebody else made is replaced first. */
export const signedIn: CanActivateFn = (_route, { url }) =>
  admit(url, ({ user }, router) => !user.mustChangePassword || router.createUrlTree(['/change-password']));

/** Lets in whoever is signed in. */
export const mayChangePassword: CanActivateFn = (_route, { url }) => admit(url, () => true);

async function admit(
  url: string,
  decide: (account: Account, router: Router) => boolean | UrlTree,
): Promise<boolean | UrlTree> {
  const session = inject(Session);
  const router = inject(Router);
  try {
    return decide(await session.load(), router);
  } catch (error) {
    if (!(error instanceof ApiProblem)) throw error;
    // A server that can't answer now is shown as such on the page itself.
    if (!error.signedOut) return true;
    return router.createUrlTree(['/login'], { queryParams: { next: url } });
  }
}
