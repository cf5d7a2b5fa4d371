import { resolve } from 'node:path';
import { runUntilStopped } from '@flowkeep/process';
import { startStandalone } from './standalone.ts';

const portalDir = resolve(import.meta.dirname, '../admin/browser');

await runUntilStopped(() => startStandalone(process.argv.slice(2), portalDir));
