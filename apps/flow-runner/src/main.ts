import { startFlowRunner } from '@flowkeep/flow-runner';
import { runServiceProcess } from '@flowkeep/process';

await runServiceProcess('runner', startFlowRunner);
