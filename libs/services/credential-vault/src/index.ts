export { credentialVaultDatabase } from './database.ts';
export { startCredentialVault } from './start-credential-vault.ts';
export { readStoredSystemSecret } from './system-secrets/stored-system-secret.ts';
