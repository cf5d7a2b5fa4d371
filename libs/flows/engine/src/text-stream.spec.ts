import { describe, expect, it } from '@jest/globals';
import { graphNode, graphOf, settle } from '@flowkeep/testing';
import { type Component, defineComponent } from './component.ts';
import { Gate, harness, limits, texts } from './run.spec-stand.ts';
import { TextStream } from './text-stream.ts';
import { MessageValue } from './values.ts';

describe('streams of a run', () => {
  function writer(chunks: () => AsyncIterable<string>): Component {
    return defineComponent({
      type: 'Writer',
      inputs: {},
      outputs: { out: 'Message' },
      run: () => ({ out: new MessageValue(new TextStream(chunks())) }),
    });
  }
  const graph = graphOf(
    [graphNode('w', 'Writer'), graphNode('out', 'Answer'), graphNode('j', 'Join', { right: '!' })],
    ['w.out > out.value', 'w.out > j.left'],
  );

  it('tells a message as it is written, and gives the whole text to those who need it', async () => {
    async function* chunks() {
      yield 'Hel';
      await settle();
      yield 'lo';
    }
    const { outcome, events } = harness(graph, [writer(chunks)]);
    expect(await texts(outcome)).toEqual({ w: 'Hello', out: 'Hello', j: 'Hello!' });
    expect(
      events.map((event) => (event.type === 'token' ? event.text : `${event.state}: ${event.message.text}`)),
    ).toEqual(['partial: ', 'Hel', 'lo', 'complete: Hello']);
    const ids = new Set(events.map((event) => (event.type === 'token' ? event.messageId : event.message.id)));
    expect(ids.size).toBe(1);
  });

  it('asks for no further text while the listener is busy', async () => {
    let asked = 0;
    async function* chunks() {
      for (; asked < 10; asked++) yield await Promise.resolve('x');
    }
    const gate = new Gate();
    const only = graphOf([graphNode('w', 'Writer'), graphNode('out', 'Answer')], ['w.out > out.value']);
    const { outcome } = harness(only, [writer(chunks)], {
      emit: (event) => (event.type === 'token' ? gate.passed : undefined),
    });
    await settle();
    expect(asked).toBe(0);
    gate.open();
    await outcome;
    expect(asked).toBe(10);
  });

  it('tells the source when the run is cancelled', async () => {
    let closed = false;
    async function* chunks() {
      try {
        for (;;) {
          yield 'x';
          await settle();
        }
      } finally {
        closed = true;
      }
    }
    const controller = new AbortController();
    const { outcome } = harness(graph, [writer(chunks)], {
      signal: controller.signal,
      limits: limits({ textLength: 1_000_000_000 }),
    });
    await settle();
    controller.abort();
    await expect(outcome).rejects.toMatchObject({ code: 'run_cancelled' });
    await settle();
    expect(closed).toBe(true);
  });

  it('stops an endless text at the limit', async () => {
    async function* chunks() {
      for (;;) yield await Promise.resolve('x'.repeat(1_000));
    }
    await expect(harness(graph, [writer(chunks)]).outcome).rejects.toMatchObject({ code: 'run_limit_exceeded' });
  });

  it('fails every reader when the source fails', async () => {
    async function* chunks() {
      yield await Promise.resolve('x');
      throw new Error('provider gone');
    }
    await expect(harness(graph, [writer(chunks)]).outcome).rejects.toMatchObject({
      code: 'run_failed',
      detail: 'provider gone',
    });
  });
});

describe('TextStream', () => {
  it('fails for a reader that comes after the failure, instead of ending early', async () => {
    async function* chunks() {
      yield await Promise.resolve('x');
      throw new Error('provider gone');
    }
    const stream = new TextStream(chunks());
    await expect(stream.finish()).rejects.toThrow('provider gone');
    await expect(stream.finish()).rejects.toThrow('provider gone');
    expect(stream.written).toBe('x');
  });
});
