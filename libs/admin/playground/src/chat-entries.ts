import type { NativeReply } from '@flowkeep/contracts/http';

type Frame = NativeReply<'streamRun'>;
type Message = Extract<Frame, { type: 'message' }>['message'];

/** One thing that was said, or happened, in the conversation. */
export interface ChatEntry {
  /** The message's id as the server gave it, or one of the page's own. */
  readonly id: string;
  readonly kind: 'person' | 'flow' | 'data' | 'error' | 'note';
  readonly name: string;
  readonly text: string;
  /** What to do about an error. */
  readonly nextStep?: string;
  /** Whether more of it is coming. */
  readonly growing?: boolean;
}

/** The conversation after one more frame of a run. */
export function afterFrame(entries: readonly ChatEntry[], frame: Frame): readonly ChatEntry[] {
  switch (frame.type) {
    case 'token':
      return entries.map((entry) =>
        entry.id === frame.messageId ? { ...entry, text: entry.text + frame.text, growing: true } : entry,
      );
    case 'message':
      return withMessage(entries, frame.message, frame.state === 'partial');
    case 'result':
      return frame.result.outputs.reduce<readonly ChatEntry[]>((all, { nodeId, displayName, value }) => {
        if (value.type === 'message') return withMessage(all, value.message, false);
        const text = JSON.stringify(value.data, null, 2);
        return [...all, { id: `${frame.result.runId}-${nodeId}`, kind: 'data', name: displayName, text }];
      }, entries);
  }
}

/** The conversation once a run is over, whichever way: nothing grows any more, and what stayed empty goes. */
export function settled(entries: readonly ChatEntry[]): readonly ChatEntry[] {
  return entries
    .filter(({ growing, text }) => growing !== true || text !== '')
    .map((entry) => (entry.growing === true ? { ...entry, growing: false } : entry));
}

function withMessage(entries: readonly ChatEntry[], message: Message, growing: boolean): readonly ChatEntry[] {
  // The person's own words are shown the moment they are sent.
  if (message.sender === 'User') return entries;
  const { id, senderName: name, text } = message;
  const entry: ChatEntry = { id, kind: message.error ? 'error' : 'flow', name, text, growing };
  return entries.some((other) => other.id === id)
    ? entries.map((other) => (other.id === id ? entry : other))
    : [...entries, entry];
}
