export { credentialVaultDatabase } from './database.ts';
export { readStoredRotation, rotateStoredVault } from './rotation/stored-vault.ts';
export { startCredentialVault } from './start-credential-vault.ts';
export { readStoredSystemSecret } from './system-secrets/stored-system-secret.ts';
