import { defineEntity, p } from '@mikro-orm/core';

export const runStatuses = ['completed', 'failed', 'cancelled'] as const;

export type RunStatus = (typeof runStatuses)[number];

/** That a flow was run, by whom and how it ended. What was said is in its messages. */
export const RunEntity = defineEntity({
  name: 'Run',
  tableName: 'run',
  indexes: [{ name: 'run_flow_index', properties: ['flowId', 'id'] }],
  properties: {
    id: p.uuid().primary(),
    workspaceId: p.uuid(),
    /** Whose flow it is. */
    ownerId: p.uuid(),
    flowId: p.uuid(),
    flowVersion: p.integer(),
    /** Who asked for the run, and with which key. */
    callerId: p.uuid(),
    keyId: p.uuid().nullable(),
    sessionId: p.string().length(255),
    trace: p.string().length(32),
    status: p.string().length(16).$type<RunStatus>(),
    errorCode: p.string().length(64).nullable(),
    startedAt: p.bigint('number'),
    durationMs: p.integer(),
  },
});
