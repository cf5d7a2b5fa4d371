import { Injectable } from '@nestjs/common';
import type { Message } from '@flowkeep/contracts';
import type { HistoryQuery } from '@flowkeep/flow-engine';
import { Database } from '@flowkeep/persistence';
import { MessageEntity } from '../messages/message.entity.ts';

/** What was said in the sessions of a flow. */
@Injectable()
export class History {
  constructor(private readonly database: Database) {}

  /** The newest messages of one session of a flow, oldest first. */
  async of(
    { id: flowId, workspaceId }: { readonly id: string; readonly workspaceId: string },
    { sessionId, sender, senderName, limit }: HistoryQuery,
  ): Promise<Message[]> {
    // PostgreSQL has no NUL in texts, so that no session has such a name.
    if (limit === 0 || sessionId.includes('\u0000') || senderName?.includes('\u0000') === true) return [];
    const wanted = {
      workspaceId,
      flowId,
      sessionId,
      ...(sender === null ? {} : { sender }),
      ...(senderName === null ? {} : { senderName }),
    };
    const rows = await this.database.read((em) => em.find(MessageEntity, wanted, { orderBy: { id: 'desc' }, limit }));
    return rows.reverse().map((row) => ({
      id: row.id,
      flowId,
      sessionId,
      at: row.at,
      sender: row.sender as Message['sender'],
      senderName: row.senderName,
      text: row.text,
      files: JSON.parse(row.files) as string[],
      error: row.error,
      source: row.source == null ? null : (JSON.parse(row.source) as Message['source']),
      icon: row.icon,
    }));
  }
}
