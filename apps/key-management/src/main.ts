import { startKeyManagement } from '@flowkeep/key-management';
import { runServiceProcess } from '@flowkeep/process';

await runServiceProcess('keys', startKeyManagement);
