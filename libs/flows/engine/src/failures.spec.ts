import { describe, expect, it } from '@jest/globals';
import { graphNode, graphOf, TestClock } from '@flowkeep/testing';
import { defineComponent } from './component.ts';
import { Gate, harness, limits, texts } from './run.spec-stand.ts';

describe('failures of a run', () => {
  it('names node and type of a component nobody knows, when it gets there', async () => {
    const graph = graphOf(
      [graphNode('a', 'Source'), graphNode('Magic-1', 'Magic'), graphNode('out', 'Answer')],
      ['a.out > Magic-1.value', 'Magic-1.out > out.value'],
    );
    await expect(harness(graph).outcome).rejects.toMatchObject({
      code: 'component_unknown',
      message: expect.stringMatching(/"Magic-1".*"Magic".*Remove the node/),
    });
  });

  it('names the node whose component failed and keeps the reason for the log', async () => {
    const broken = defineComponent({
      type: 'Broken',
      inputs: {},
      outputs: {},
      run: () => {
        throw new TypeError('inner reason');
      },
    });
    const error: unknown = await harness(graphOf([graphNode('b-1', 'Broken')]), [broken]).outcome.catch(
      (e: unknown) => e,
    );
    expect(error).toMatchObject({
      code: 'run_failed',
      message: 'The node "b-1" ("Broken") failed.',
      detail: 'inner reason',
    });
  });

  it('asks for a variable that nobody can give', async () => {
    const graph = graphOf([graphNode('a', 'Source', { value: 'GREETING' }, { value: { variable: true } })]);
    await expect(harness(graph).outcome).rejects.toMatchObject({
      code: 'variable_missing',
      message: expect.stringContaining('"GREETING"'),
    });
    expect(
      await texts(harness(graph, [], { overrides: new Map([['a', new Map([['value', 'Hello']])]]) }).outcome),
    ).toEqual({ a: 'Hello' });
  });

  it('stops the other branches when one fails, and their components know', async () => {
    const aborted: unknown[] = [];
    const gate = new Gate();
    const waiting = defineComponent({
      type: 'Waiting',
      inputs: {},
      outputs: {},
      run: (_, { signal }) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => {
            aborted.push(signal.reason);
            resolve({});
          });
        }),
    });
    const failing = defineComponent({
      type: 'Failing',
      inputs: {},
      outputs: {},
      run: async () => {
        await gate.passed;
        throw new Error('no');
      },
    });
    const { outcome } = harness(graphOf([graphNode('w', 'Waiting'), graphNode('f', 'Failing')]), [waiting, failing]);
    gate.open();
    await expect(outcome).rejects.toMatchObject({ code: 'run_failed' });
    expect(aborted).toHaveLength(1);
  });

  it('ends a node and a run that take too long', async () => {
    const endless = defineComponent({
      type: 'Endless',
      inputs: {},
      outputs: {},
      run: () => new Promise(() => undefined),
    });
    const graph = graphOf([graphNode('e-1', 'Endless')]);
    const node = harness(graph, [endless], { limits: limits({ nodeMs: 1_000 }) });
    await node.clock.advance(1_000);
    await expect(node.outcome).rejects.toMatchObject({
      code: 'run_limit_exceeded',
      message: 'The node "e-1" took longer than 1000 ms.',
    });
    const whole = harness(graph, [endless], { limits: limits({ runMs: 2_000, nodeMs: 9_000 }) });
    await whole.clock.advance(1_999);
    await whole.clock.advance(1);
    await expect(whole.outcome).rejects.toMatchObject({ message: 'The run took longer than 2000 ms.' });
  });

  it('leaves no timer behind', async () => {
    const gate = new Gate();
    const slow = defineComponent({ type: 'Slow', inputs: {}, outputs: {}, run: async () => (await gate.passed, {}) });
    let timers = 0;
    const clock = new TestClock();
    const counting = {
      now: () => clock.now(),
      monotonic: () => clock.monotonic(),
      after: (delayMs: number, work: () => void) => {
        timers++;
        let live = true;
        const cancel = clock.after(delayMs, work);
        return () => {
          if (live) timers--;
          live = false;
          cancel();
        };
      },
    };
    const { outcome } = harness(graphOf([graphNode('s', 'Slow')]), [slow], { clock: counting });
    expect(timers).toBe(2);
    gate.open();
    await outcome;
    expect(timers).toBe(0);
  });

  it('is cancelled by its signal at once, before and during the run', async () => {
    const endless = defineComponent({
      type: 'Endless',
      inputs: {},
      outputs: {},
      run: () => new Promise(() => undefined),
    });
    const graph = graphOf([graphNode('e', 'Endless')]);
    const controller = new AbortController();
    const { outcome } = harness(graph, [endless], { signal: controller.signal });
    controller.abort();
    await expect(outcome).rejects.toMatchObject({ code: 'run_cancelled' });
    await expect(harness(graph, [endless], { signal: controller.signal }).outcome).rejects.toMatchObject({
      code: 'run_cancelled',
    });
  });

  it('stops a run that produces too much text, however many nodes it takes', async () => {
    const row = Array.from({ length: 60 }, (_, index) => graphNode(`j${index}`, 'Join'));
    const edges = row
      .slice(1)
      .flatMap((_, index) => [`j${index}.out > j${index + 1}.left`, `j${index}.out > j${index + 1}.right`]);
    const graph = graphOf([graphNode('s', 'Source', { value: 'ab' }), ...row], ['s.out > j0.left', ...edges]);
    await expect(harness(graph).outcome).rejects.toMatchObject({ code: 'run_limit_exceeded' });
  });
});
