import { type DatabaseDefinition, OutboxEntity } from '@flowkeep/persistence';
import { FlowVariableEntity } from './flows/flow-variable.entity.ts';
import { FlowVersionEntity } from './flows/flow-version.entity.ts';
import { FlowEntity } from './flows/flow.entity.ts';
import { MessageEntity } from './messages/message.entity.ts';
import { SecretCleanupEntity } from './flows/secret-cleanup.entity.ts';
import { initial } from './migrations/0001-initial.ts';
import { secretCleanup } from './migrations/0002-secret-cleanup.ts';
import { flowVariables } from './migrations/0003-flow-variables.ts';
import { ProjectEntity } from './projects/project.entity.ts';
import { RunEntity } from './runs/run.entity.ts';

/** What flow-runner keeps. */
export const flowRunnerDatabase: DatabaseDefinition = {
  service: 'runner',
  entities: [
    ProjectEntity,
    FlowEntity,
    FlowVersionEntity,
    FlowVariableEntity,
    RunEntity,
    MessageEntity,
    SecretCleanupEntity,
    OutboxEntity,
  ],
  migrations: [initial, secretCleanup, flowVariables],
};
