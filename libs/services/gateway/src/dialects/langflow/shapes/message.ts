import type { Message } from '@flowkeep/contracts';
import { isoSeconds, utcText } from './times.ts';

type State = 'partial' | 'complete';

/** The look and source of a message. */
export function messageProperties(message: Message, state: State) {
  return {
    text_color: '',
    background_color: '',
    edited: false,
    source: {
      id: message.source?.nodeId ?? null,
      display_name: message.source?.displayName ?? null,
      source: message.source?.model ?? null,
    },
    icon: message.icon,
    allow_markdown: false,
    positive_feedback: null,
    state,
    targets: [],
  };
}

/** The fields of a message that Langflow repeats in several places. */
export function messageData(message: Message, state: State) {
  return {
    timestamp: utcText(message.at),
    sender: message.sender,
    sender_name: message.senderName,
    session_id: message.sessionId,
    context_id: '',
    text: message.text,
    files: message.files,
    error: message.error,
    edit: false,
    properties: messageProperties(message, state),
    category: 'message',
    content_blocks: [],
    id: message.id,
    flow_id: message.flowId,
    duration: null,
  };
}

/** A message as `results.message`, with its text in the place each generation of clients looks for it. */
export function messageResult(message: Message) {
  const data = messageData(message, 'complete');
  return {
    text_key: 'text',
    data,
    default_value: '',
    text: message.text,
    sender: message.sender,
    sender_name: message.senderName,
    files: message.files,
    session_id: message.sessionId,
    context_id: '',
    timestamp: isoSeconds(message.at),
    flow_id: message.flowId,
    error: message.error,
    edit: false,
    properties: data.properties,
    category: 'message',
    content_blocks: [],
    duration: null,
  };
}
