/** Indices of nodes; `from` must come before `to`. */
export interface Dependency {
  readonly from: number;
  readonly to: number;
}

export interface Order {
  /** Every node that does not depend on a cycle, each after all it depends on; otherwise in the given order. */
  readonly order: readonly number[];
  /** The nodes of one cycle, in its direction; empty when there is none. */
  readonly cycle: readonly number[];
}

/** Sorts the nodes `0 … count - 1` so that each comes after those it depends on, in time linear in their number. */
export function topologicalOrder(count: number, dependencies: readonly Dependency[]): Order {
  const followers = Array.from({ length: count }, (): number[] => []);
  const waitingFor = new Array<number>(count).fill(0);
  for (const { from, to } of dependencies) {
    followers[from]?.push(to);
    waitingFor[to] = (waitingFor[to] ?? 0) + 1;
  }
  const order: number[] = [];
  for (let node = 0; node < count; node++) if (waitingFor[node] === 0) order.push(node);
  // The list grows while it is walked.
  for (const node of order) {
    for (const follower of followers[node] ?? []) {
      const left = (waitingFor[follower] as number) - 1;
      waitingFor[follower] = left;
      if (left === 0) order.push(follower);
    }
  }
  return { order, cycle: order.length === count ? [] : findCycle(count, dependencies, new Set(order)) };
}

/** Every unsorted node waits for another unsorted one, so walking back from any of them ends in a cycle. */
function findCycle(count: number, dependencies: readonly Dependency[], sorted: ReadonlySet<number>): number[] {
  const waitsFor = new Map<number, number>();
  for (const { from, to } of dependencies) if (!sorted.has(from) && !sorted.has(to)) waitsFor.set(to, from);
  let node = 0;
  while (sorted.has(node)) node++;
  const path: number[] = [];
  const seen = new Map<number, number>();
  while (!seen.has(node) && path.length <= count) {
    seen.set(node, path.length);
    path.push(node);
    node = waitsFor.get(node) as number;
  }
  return path.slice(seen.get(node)).reverse();
}
