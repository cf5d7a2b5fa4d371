import { describeSchema } from '@flowkeep/testing';
import { flowRunnerDatabase } from './database.ts';

await describeSchema(flowRunnerDatabase);
