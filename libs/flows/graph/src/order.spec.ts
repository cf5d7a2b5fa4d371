import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { topologicalOrder } from './order.ts';

describe('topologicalOrder', () => {
  it('keeps the given order where nothing depends on anything', () => {
    expect(topologicalOrder(3, [])).toEqual({ order: [0, 1, 2], cycle: [] });
  });

  it('puts every node after those it depends on, whatever the acyclic graph', () => {
    const graphs = fc.integer({ min: 1, max: 40 }).chain((count) =>
      fc.record({
        ranks: fc.shuffledSubarray(
          Array.from({ length: count }, (_, index) => index),
          { minLength: count, maxLength: count },
        ),
        pairs: fc.array(fc.tuple(fc.nat({ max: count - 1 }), fc.nat({ max: count - 1 })), { maxLength: 80 }),
      }),
    );
    fc.assert(
      fc.property(graphs, ({ ranks, pairs }) => {
        const dependencies = pairs
          .filter(([left, right]) => left !== right)
          .map(([left, right]) =>
            (ranks[left] as number) < (ranks[right] as number) ? { from: left, to: right } : { from: right, to: left },
          );
        const { order, cycle } = topologicalOrder(ranks.length, dependencies);
        expect(cycle).toEqual([]);
        expect([...order].sort((a, b) => a - b)).toEqual(ranks.map((_, index) => index));
        const place = new Map(order.map((node, index) => [node, index]));
        for (const { from, to } of dependencies) expect(place.get(from)).toBeLessThan(place.get(to) as number);
      }),
    );
  });

  it('names the nodes of a cycle in its direction, and not those that only lead there', () => {
    const { order, cycle } = topologicalOrder(5, [
      { from: 0, to: 1 },
      { from: 1, to: 2 },
      { from: 2, to: 3 },
      { from: 3, to: 1 },
      { from: 3, to: 4 },
    ]);
    expect(order).toEqual([0]);
    expect(cycle).toHaveLength(3);
    const start = cycle.indexOf(1);
    expect([...cycle.slice(start), ...cycle.slice(0, start)]).toEqual([1, 2, 3]);
  });

  it('finds a node that waits for itself', () => {
    expect(topologicalOrder(1, [{ from: 0, to: 0 }])).toEqual({ order: [], cycle: [0] });
  });

  it('sorts a hundred thousand nodes in a row without running out of stack', () => {
    const count = 100_000;
    const row = Array.from({ length: count - 1 }, (_, index) => ({ from: index + 1, to: index }));
    expect(topologicalOrder(count, row).order[0]).toBe(count - 1);
    expect(topologicalOrder(count, [...row, { from: 0, to: count - 1 }]).cycle).toHaveLength(count);
  });
});
