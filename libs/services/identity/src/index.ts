export { identityDatabase } from './database.ts';
export { type IdentityDependencies, startIdentity } from './start-identity.ts';
