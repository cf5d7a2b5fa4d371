import { randomUUID } from 'node:crypto';
import { expect, it } from '@jest/globals';
import { describeOnDialects } from '@flowkeep/testing';
import { callerOf, contextOf, openStand } from '../flow-runner.spec-stand.ts';
import { Examples } from './examples.ts';

await describeOnDialects('the examples', (dialect) => {
  it('come once, and do not come back', async () => {
    const stand = await openStand(dialect);
    const examples = stand.module.get(Examples);
    const owner = callerOf();
    const { workspaceId, userId } = owner;
    expect(await examples.add({ workspaceId, userId })).toEqual({ added: 4 });
    const { flows } = await stand.flows.list({ skip: 0, take: 10, withDocuments: false }, contextOf(owner));
    expect(flows.map(({ endpointName }) => endpointName)).toEqual(['chat', 'chat-memory', 'prompt-greeting', 'echo']);
    expect(await examples.add({ workspaceId, userId: randomUUID() })).toEqual({ added: 0 });
    const other = callerOf();
    expect(await examples.add(other)).toEqual({ added: 4 });
    await stand.close();
  });
});
