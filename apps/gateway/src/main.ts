import { startGateway } from '@flowkeep/gateway';
import { runServiceProcess } from '@flowkeep/process';

await runServiceProcess('gateway', startGateway);
