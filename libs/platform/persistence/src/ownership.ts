import type { Caller } from '@flowkeep/contracts';

type Owner = Pick<Caller, 'userId' | 'workspaceId'>;

/**
 * The condition every query for a workspace's rows carries, and the columns every new one gets. A row it leaves out
 * is answered like one that does not exist.
 *
 * @example em.findOne(Flow, { id, ...inWorkspace(caller) })
 */
export function inWorkspace({ workspaceId }: Owner): { workspaceId: string } {
  return { workspaceId };
}

/** The same for rows that belong to one person in a workspace. */
export function ownedBy({ workspaceId, userId }: Owner): { workspaceId: string; ownerId: string } {
  return { workspaceId, ownerId: userId };
}
