import { choice, DataValue, defineComponent, MessageValue, number, text } from '@flowkeep/flow-engine';
import { fillTemplate } from './template.ts';

const limits = { messages: 1000 } as const;
const senders = { Machine: 'Machine', User: 'User', 'Machine and User': null } as const;

/** What was said in the session before this run, as text and as rows; or a message that joins it. */
export const memory = defineComponent({
  type: 'Memory',
  aliases: ['MessageHistory'],
  inputs: {
    mode: choice(['Retrieve', 'Store'], 'Retrieve'),
    message: text(),
    n_messages: number(100),
    order: choice(['Ascending', 'Descending'], 'Ascending'),
    sender_type: choice(['Machine', 'User', 'Machine and User'], 'Machine and User'),
    sender: text(),
    sender_name: text(),
    session_id: text(),
    template: text('{sender_name}: {text}'),
  },
  outputs: { messages_text: 'Message', dataframe: 'Data', stored_messages: 'Message' },
  run: async (inputs, context) => {
    if (inputs.mode === 'Store') {
      const sender = inputs.sender === 'User' ? 'User' : 'Machine';
      const stored = await context.say({
        sender,
        senderName: inputs.sender_name || (sender === 'User' ? 'User' : 'AI'),
        text: inputs.message,
        files: [],
        store: true,
      });
      return { messages_text: stored, dataframe: new DataValue([]), stored_messages: stored };
    }
    const messages = await context.services.history({
      sessionId: inputs.session_id || context.sessionId,
      sender: senders[inputs.sender_type],
      senderName: inputs.sender_name || null,
      limit: Math.min(Math.max(Math.trunc(inputs.n_messages ?? 100), 0), limits.messages),
    });
    const ordered = inputs.order === 'Ascending' ? messages : messages.toReversed();
    const rows = ordered.map(({ at, sender, senderName, sessionId, text: said, files }) => ({
      timestamp: new Date(at).toISOString(),
      sender,
      sender_name: senderName,
      session_id: sessionId,
      text: said,
      files: [...files],
    }));
    const lines = rows.map((row) =>
      fillTemplate(
        inputs.template,
        'f-string',
        new Map(Object.entries(row).map(([name, value]) => [name, String(value)])),
        context.textLimit,
      ),
    );
    const history = new MessageValue(lines.join('\n'));
    return { messages_text: history, dataframe: new DataValue(rows), stored_messages: history };
  },
});
