export { ApiClient } from './api-client.ts';
export { ApiProblem, sentenceOf } from './api-problem.ts';
export { mayChangePassword, signedIn } from './guards.ts';
export { type Account, Session } from './session.ts';
export { addressAfterSignIn } from './sign-in-address.ts';
