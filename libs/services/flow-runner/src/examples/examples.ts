import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { addExamples, Caller, ReplyOf, RequestOf } from '@flowkeep/contracts';
import { Database } from '@flowkeep/persistence';
import chat from '../../../../../examples/chat.json' with { type: 'json' };
import chatMemory from '../../../../../examples/chat-memory.json' with { type: 'json' };
import echo from '../../../../../examples/echo.json' with { type: 'json' };
import promptGreeting from '../../../../../examples/prompt-greeting.json' with { type: 'json' };
import { FlowImports } from '../flows/flow-imports.ts';
import { FlowEntity } from '../flows/flow.entity.ts';

/** The last is the newest, and so the first that people see. */
const examples = [echo, promptGreeting, chatMemory, chat];

/** The flows that come with Flowkeep. */
@Injectable()
export class Examples {
  constructor(
    private readonly database: Database,
    private readonly imports: FlowImports,
  ) {}

  /** Adds those that the workspace does not have yet. */
  async add({ workspaceId, userId }: RequestOf<typeof addExamples>): Promise<ReplyOf<typeof addExamples>> {
    const owner: Caller = { workspaceId, userId, username: '', rights: [] };
    const documents = examples.map((example) => ({ ...example, id: idIn(workspaceId, example.endpoint_name) }));
    const ids = documents.map(({ id }) => id);
    const there = await this.database.read((em) => em.find(FlowEntity, { id: { $in: ids } }, { fields: ['id'] }));
    const known = new Set(there.map(({ id }) => id));
    const missing = documents.filter(({ id }) => !known.has(id));
    // One by one, so that each has a time of its own and lists keep their order.
    for (const document of missing) {
      await this.imports.import(owner, { dialect: 'langflow', documents: [document], projectId: null });
    }
    return { added: missing.length };
  }
}

/** The same for the same workspace, so that asking twice adds nothing twice. A UUID of version 8: made by a rule of our own. */
function idIn(workspaceId: string, name: string): string {
  const hex = createHash('sha256').update(`flowkeep example ${workspaceId} ${name}`).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
