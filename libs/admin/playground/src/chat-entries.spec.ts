import { describe, expect, it } from '@jest/globals';
import { sampleMessage } from '@flowkeep/admin-testing';
import type { NativeReply } from '@flowkeep/contracts/http';
import { afterFrame, type ChatEntry, settled } from './chat-entries.ts';

type Frame = NativeReply<'streamRun'>;
type Result = Extract<Frame, { type: 'result' }>['result'];

const message = sampleMessage();
const begun: Frame = { type: 'message', message, state: 'partial' };
const token = (text: string): Frame => ({ type: 'token', messageId: message.id, text, at: 0 });
const output = { nodeId: 'Out-1', nodeType: 'ChatOutput', displayName: 'Chat Output', port: 'message' };
const result = (outputs: Result['outputs']): Frame => ({
  type: 'result',
  result: { runId: 'run', flowId: 'flow', sessionId: 'session', input: null, outputs },
});
const after = (...frames: Frame[]) => frames.reduce<readonly ChatEntry[]>(afterFrame, []);
const texts = (entries: readonly ChatEntry[]) => entries.map(({ kind, text }) => `${kind}: ${text}`);

describe('the conversation', () => {
  it('grows word by word', () => {
    const entries = after(begun, token('Hel'), token('lo'));
    expect(entries).toEqual([{ id: message.id, kind: 'flow', name: 'AI', text: 'Hello', growing: true }]);
  });

  it('ends with the whole message, once', () => {
    const whole = { ...message, text: 'Hello!' };
    const entries = after(
      begun,
      token('Hel'),
      { type: 'message', message: whole, state: 'complete' },
      result([{ ...output, value: { type: 'message', message: whole, stored: true } }]),
    );
    expect(entries).toMatchObject([{ text: 'Hello!', growing: false }]);
  });

  it('has what only the result tells', () => {
    const data = { a: 1 };
    const entries = after(
      result([
        { ...output, value: { type: 'message', message: { ...message, text: 'Hi' }, stored: false } },
        { ...output, nodeId: 'Data-1', value: { type: 'data', data } },
      ]),
    );
    expect(texts(entries)).toEqual(['flow: Hi', `data: ${JSON.stringify(data, null, 2)}`]);
  });

  it('does not repeat what the person said', () => {
    expect(after({ type: 'message', message: sampleMessage({ sender: 'User' }), state: 'complete' })).toEqual([]);
  });

  it('shows a message that is an error as one', () => {
    const failed = sampleMessage({ error: true, text: 'No key.' });
    expect(texts(after({ type: 'message', message: failed, state: 'complete' }))).toEqual(['error: No key.']);
  });

  it('grows no more once the run is over, and keeps nothing empty', () => {
    expect(settled(after(begun))).toEqual([]);
    expect(settled(after(begun, token('Hel')))).toMatchObject([{ text: 'Hel', growing: false }]);
  });
});
