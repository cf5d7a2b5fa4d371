import { resolve } from 'node:path';
import { startGateway } from '@flowkeep/gateway';
import { runServiceProcess } from '@flowkeep/process';

const portalDir = resolve(import.meta.dirname, '../admin/browser');

await runServiceProcess('gateway', (context) => startGateway({ ...context, portalDir }));
