export { credentialVaultDatabase } from './database.ts';
export { startCredentialVault } from './start-credential-vault.ts';
