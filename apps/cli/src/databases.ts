import { credentialVaultDatabase } from '@flowkeep/credential-vault';
import { flowRunnerDatabase } from '@flowkeep/flow-runner';
import { identityDatabase } from '@flowkeep/identity';
import { keyManagementDatabase } from '@flowkeep/key-management';

/** What every service keeps. */
export const databases = [identityDatabase, keyManagementDatabase, credentialVaultDatabase, flowRunnerDatabase];
