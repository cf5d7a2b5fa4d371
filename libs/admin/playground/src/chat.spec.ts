import { beforeEach, describe, expect, it } from '@jest/globals';
import { TestBed } from '@angular/core/testing';
import { ApiClient, ApiProblem } from '@flowkeep/admin-api';
import { FakeApi, sampleMessage } from '@flowkeep/admin-testing';
import { Chat } from './chat.ts';

const message = sampleMessage();
const token = { type: 'token', messageId: message.id, text: 'Hel', at: 0 } as const;

describe('a conversation with a flow', () => {
  let api: FakeApi;
  let chat: Chat;

  beforeEach(() => {
    api = new FakeApi();
    TestBed.configureTestingModule({ providers: [Chat, { provide: ApiClient, useValue: api }] });
    chat = TestBed.inject(Chat);
  });

  const texts = () => chat.entries().map(({ kind, text }) => `${kind}: ${text}`);

  /** Begins to answer, then waits to be stopped. */
  function answerForever(): void {
    api.answerRun(async function* (signal) {
      yield { type: 'message', message, state: 'partial' };
      yield token;
      await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
    });
  }

  const untilGrown = async () => {
    while (!texts().includes('flow: Hel')) await new Promise((resolve) => setTimeout(resolve));
  };

  it('sends what was said in one session', async () => {
    api.answerRun(async function* () {
      yield await Promise.resolve({
        type: 'message' as const,
        message: { ...message, text: 'Hello' },
        state: 'complete' as const,
      });
    });
    await chat.send('flow', 'Hi');
    await chat.send('flow', 'Again');
    expect(texts()).toEqual(['person: Hi', 'flow: Hello', 'person: Again']);
    const sessions = api.asked('streamRun').map((input) => (input as { body: { sessionId: string } }).body.sessionId);
    expect(new Set(sessions)).toEqual(new Set([chat.sessionId()]));
  });

  it('shows the answer while it grows, and sends nothing meanwhile', async () => {
    answerForever();
    const sent = chat.send('flow', 'Hi');
    await untilGrown();
    expect(chat.running()).not.toBeNull();
    await chat.send('flow', 'Impatient');
    expect(texts()).toEqual(['person: Hi', 'flow: Hel']);
    chat.stop();
    await sent;
  });

  it('keeps what came until it was stopped', async () => {
    answerForever();
    const sent = chat.send('flow', 'Hi');
    await untilGrown();
    chat.stop();
    await sent;
    expect(texts()).toEqual(['person: Hi', 'flow: Hel', 'note: Stopped.']);
    expect(chat.running()).toBeNull();
  });

  it('tells what went wrong and what to do', async () => {
    api.answerRun(() => {
      throw new ApiProblem({ title: 'The flow needs a variable.', status: 400, code: 'variable_missing' });
    });
    await chat.send('flow', 'Hi');
    expect(chat.entries()[1]).toMatchObject({
      kind: 'error',
      text: 'The flow needs a variable.',
      nextStep: 'Add it under Variables, then send again.',
    });
    expect(chat.running()).toBeNull();
  });

  it('starts over with a session of its own and nothing left of the old one', async () => {
    answerForever();
    const before = chat.sessionId();
    const sent = chat.send('flow', 'Hi');
    await untilGrown();
    chat.startOver();
    await sent;
    expect(chat.sessionId()).not.toBe(before);
    expect(texts()).toEqual([]);
  });
});
