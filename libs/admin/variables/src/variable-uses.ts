import type { ApiClient } from '@flowkeep/admin-api';
import type { NativeReply } from '@flowkeep/contracts/http';

/** The flows that take a variable; `total` counts those beyond the ones that are named. */
export type VariableUse = NativeReply<'listVariableUses'>['uses'][number];

/** By the names of the variables, page after page. */
export async function loadUses(api: ApiClient): Promise<ReadonlyMap<string, VariableUse>> {
  const found = new Map<string, VariableUse>();
  let after: string | null = null;
  do {
    const query: { take: number; after?: string } = { take: 1000, ...(after === null ? {} : { after }) };
    const page: NativeReply<'listVariableUses'> = await api.call('listVariableUses', { query });
    for (const use of page.uses) found.set(use.variable, use);
    after = page.next;
  } while (after !== null);
  return found;
}

const mostNames = 3;

/** The first flows, and how many there are besides. */
export function shortened({ total, usedBy }: VariableUse) {
  const flows = usedBy.slice(0, mostNames);
  return { flows, others: total - flows.length };
}

/** The same as words: “One”, “Two” and 3 more. */
export function inWords(use: VariableUse): string {
  const { flows, others } = shortened(use);
  const names = flows.map(({ name }) => `“${name}”`).join(', ');
  return others === 0 ? names : `${names} and ${others} more`;
}
