import { startIdentity } from '@flowkeep/identity';
import { runServiceProcess } from '@flowkeep/process';

await runServiceProcess('identity', startIdentity);
