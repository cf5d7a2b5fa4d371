import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import type { JsonObject } from '@flowkeep/flow-graph';
import { describeOnDialects, exampleFlow } from '@flowkeep/testing';
import { callerOf, contextOf, openStand, runOf, type Stand } from '../flow-runner.spec-stand.ts';

const echo = exampleFlow('echo') as JsonObject;

await describeOnDialects('what a deleted user leaves', (dialect) => {
  let stand: Stand;
  beforeEach(async () => {
    stand = await openStand(dialect);
  });
  afterEach(() => stand.close());

  /** @returns how many calls it took */
  async function release(userId: string, heirId: string | null, endedWorkspaceIds: string[] = []): Promise<number> {
    for (let calls = 1; ; calls++) {
      const { done } = await stand.flows.release({ userId, heirId, endedWorkspaceIds });
      if (done) return calls;
    }
  }
  const owners = async () => (await stand.rows('flow')).map((row) => [row['owner_id'], row['name']]);

  it('goes to the heir with its documents, names that are taken numbered, and runs as before', async () => {
    const bob = callerOf();
    const heir = callerOf({ workspaceId: bob.workspaceId });
    const [inherited] = await stand.import(bob, echo);
    await stand.import(heir, echo);
    const before = await stand.flows.get({ flowId: inherited?.id as string }, contextOf(heir));
    await release(bob.userId, heir.userId);
    expect(await owners()).toEqual([
      [heir.userId, `${before.name} (1)`],
      [heir.userId, before.name],
    ]);
    const after = await stand.flows.get({ flowId: before.id }, contextOf(heir));
    expect(after.document).toEqual(before.document);
    expect(await stand.runs.run(runOf(before.id), contextOf(heir))).toMatchObject({ flowId: before.id });
    expect((await stand.rows('project')).map((row) => row['owner_id'])).toEqual([heir.userId]);
    expect(await release(bob.userId, heir.userId)).toBe(1);
  });

  it('is deleted everywhere, and with ended workspaces what others made in them', async () => {
    const bob = callerOf();
    const other = callerOf();
    const elsewhere = { ...bob, workspaceId: other.workspaceId };
    const guest = callerOf({ workspaceId: bob.workspaceId });
    const [own] = await stand.import(bob, ...Array.from({ length: 25 }, () => echo));
    await stand.runs.run(runOf(own?.id as string), contextOf(bob));
    await stand.import(guest, echo);
    await stand.import(elsewhere, echo);
    await stand.import(other, echo);
    expect(await release(bob.userId, null, [bob.workspaceId])).toBeGreaterThan(2);
    expect((await owners()).map(([owner]) => owner)).toEqual([other.userId]);
    for (const table of ['run', 'message', 'flow_version']) expect(await stand.rows(table)).toEqual([]);
    expect((await stand.rows('project')).map((row) => row['workspace_id'])).toEqual([other.workspaceId]);
  });

  it('is nobody else’s', async () => {
    const bob = callerOf();
    await stand.import(bob, echo);
    await release(randomUUID(), null);
    await release(randomUUID(), randomUUID());
    expect((await owners()).map(([owner]) => owner)).toEqual([bob.userId]);
  });
});
