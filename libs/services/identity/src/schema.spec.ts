import { describeSchema } from '@flowkeep/testing';
import { identityDatabase } from './database.ts';

await describeSchema(identityDatabase);
