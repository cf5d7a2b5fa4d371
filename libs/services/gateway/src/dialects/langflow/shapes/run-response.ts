import type { NodeOutput, RunFrame, RunResult } from '@flowkeep/contracts';
import { isoSeconds } from './times.ts';
import { messageData, messageResult } from './message.ts';

/** The answer of a run (contract: Langflow 2.7). */
export function runResponse(result: RunResult) {
  return {
    session_id: result.sessionId,
    outputs: [{ inputs: { input_value: result.input ?? '' }, outputs: result.outputs.map(resultData) }],
  };
}

/** One frame of a streamed run, as Langflow writes it: bare JSON and a blank line. */
export function streamEvent(frame: RunFrame): string {
  return `${JSON.stringify(eventOf(frame))}\n\n`;
}

/** The failure of a run that had already begun to stream. */
export function streamError(message: string): string {
  return `${JSON.stringify({ event: 'error', data: { error: message } })}\n\n`;
}

function eventOf(frame: RunFrame) {
  switch (frame.type) {
    case 'message':
      return { event: 'add_message', data: messageData(frame.message, frame.state) };
    case 'token':
      return {
        event: 'token',
        data: { chunk: frame.text, id: frame.messageId, timestamp: isoSeconds(frame.at) },
      };
    case 'result':
      return { event: 'end', data: { result: runResponse(frame.result) } };
  }
}

function resultData(output: NodeOutput) {
  return {
    ...(output.value.type === 'message' ? messageParts(output) : dataParts(output, output.value.data)),
    timedelta: null,
    duration: null,
    component_display_name: output.displayName,
    component_id: output.nodeId,
    used_frozen_result: false,
  };
}

function messageParts({ nodeId, port, value }: NodeOutput) {
  if (value.type !== 'message') throw new TypeError('not a message');
  const { message } = value;
  const { text, sender, senderName: sender_name, files, sessionId: session_id } = message;
  return {
    results: { [port]: messageResult(message) },
    artifacts: { message: text, sender, sender_name, files, type: 'object' },
    outputs: { [port]: { message: text, type: 'text' } },
    logs: { [port]: [] },
    messages: [
      { message: text, sender, sender_name, session_id, stream_url: null, component_id: nodeId, files, type: 'text' },
    ],
  };
}

function dataParts({ port }: NodeOutput, data: unknown) {
  return {
    results: { [port]: { data } },
    artifacts: {},
    outputs: { [port]: { message: data, type: 'object' } },
    logs: { [port]: [] },
    messages: [],
  };
}
