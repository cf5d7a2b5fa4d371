import { startCredentialVault } from '@flowkeep/credential-vault';
import { runServiceProcess } from '@flowkeep/process';

await runServiceProcess('vault', startCredentialVault);
