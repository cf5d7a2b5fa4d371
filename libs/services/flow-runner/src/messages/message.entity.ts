import { defineEntity, p } from '@mikro-orm/core';

/** One message of a session. Ids rise with time, so that they order a session too. */
export const MessageEntity = defineEntity({
  name: 'Message',
  tableName: 'message',
  indexes: [{ name: 'message_session_index', properties: ['flowId', 'sessionId', 'id'] }],
  properties: {
    id: p.uuid().primary(),
    workspaceId: p.uuid(),
    /** Whose flow it is. */
    ownerId: p.uuid(),
    flowId: p.uuid(),
    runId: p.uuid(),
    sessionId: p.string().length(255),
    at: p.bigint('number'),
    sender: p.string().length(16),
    senderName: p.text(),
    text: p.text(),
    /** A JSON list of paths. */
    files: p.text(),
    error: p.boolean(),
    /** JSON of the contract's `source`. */
    source: p.text().nullable(),
    icon: p.text(),
  },
});
