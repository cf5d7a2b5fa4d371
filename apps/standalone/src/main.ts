import { runUntilStopped } from '@flowkeep/process';
import { startStandalone } from './standalone.ts';

await runUntilStopped(() => startStandalone(process.argv.slice(2)));
