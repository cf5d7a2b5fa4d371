export { auditKeyName } from './audit/audit-keys.ts';
export type { AuditVerdict } from './audit/audit-verification.ts';
export { verifyAuditLog } from './audit/verify-audit-log.ts';
export { identityDatabase } from './database.ts';
export { openAccounts } from './operator/open-accounts.ts';
export type { OperatorAccounts } from './operator/operator-accounts.ts';
export { type IdentityDependencies, startIdentity } from './start-identity.ts';
