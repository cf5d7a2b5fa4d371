import { describe, expect, it } from '@jest/globals';
import { graphNode, graphOf } from '@flowkeep/testing';
import { defineComponent } from './component.ts';
import type { NodeTrace } from './events.ts';
import { text } from './inputs.ts';
import { harness } from './run.spec-stand.ts';
import { MessageValue } from './values.ts';

describe('the trace of a run', () => {
  it('shows what each node got and gave, without secrets and within its size', async () => {
    const traces: NodeTrace[] = [];
    const model = defineComponent({
      type: 'Model',
      inputs: { key: text(), prompt: text() },
      outputs: { out: 'Message' },
      run: ({ prompt }) => ({ out: new MessageValue(prompt.toUpperCase()) }),
    });
    const graph = graphOf([
      graphNode('m', 'Model', { key: 'sk-canary', prompt: 'ß'.repeat(100_000) }, { key: { secret: true } }),
    ]);
    await harness(graph, [model], { trace: (trace) => void traces.push(trace) }).outcome;
    expect(traces).toEqual([expect.objectContaining({ nodeId: 'm', nodeType: 'Model', status: 'done' })]);
    expect(traces[0]?.inputs).toMatchObject({ key: '••••••' });
    const written = JSON.stringify(traces);
    expect(written).not.toContain('sk-canary');
    expect(Buffer.byteLength(written)).toBeLessThan(8 * 1024);
  });

  it('keeps within its size with many fields', async () => {
    const traces: NodeTrace[] = [];
    const wide = defineComponent({
      type: 'Wide',
      inputs: Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`field${index}`, text('x'.repeat(400))])),
      outputs: {},
      run: () => ({}),
    });
    await harness(graphOf([graphNode('w', 'Wide')]), [wide], { trace: (trace) => void traces.push(trace) }).outcome;
    expect(Buffer.byteLength(JSON.stringify(traces[0]))).toBeLessThan(8 * 1024);
  });

  it('tells of failures', async () => {
    const traces: NodeTrace[] = [];
    const broken = defineComponent({
      type: 'Broken',
      inputs: {},
      outputs: {},
      run: () => {
        throw new Error('no');
      },
    });
    const { outcome } = harness(graphOf([graphNode('b', 'Broken')]), [broken], {
      trace: (trace) => void traces.push(trace),
    });
    await expect(outcome).rejects.toMatchObject({ code: 'run_failed' });
    expect(traces).toEqual([expect.objectContaining({ status: 'failed' })]);
  });
});
