import { expect, it } from '@jest/globals';
import type { Flow } from '@flowkeep/contracts';
import { strFromU8, unzipSync } from 'fflate';
import { flowExport, zipOf } from './flow-download.ts';

const flow = (name: string): Flow => ({
  id: '0198c0de-0000-7000-8000-000000000000',
  workspaceId: '0198c0de-0000-7000-8000-000000000001',
  ownerId: '0198c0de-0000-7000-8000-000000000002',
  projectId: null,
  dialect: 'langflow',
  name,
  description: null,
  endpointName: 'e',
  access: 'private',
  component: false,
  webhook: false,
  version: 1,
  createdAt: 0,
  updatedAt: 0,
  document: { name: 'as it came', data: { nodes: [] }, own: [1] },
});

it('packs each flow into a file of its own, under a name every system takes', async () => {
  const names = ['A', 'A', '../../etc/passwd', 'C:\\x|y', '.hidden'];
  const file = await zipOf(names.map(flow), Date.parse('2026-02-03T04:05:06Z'));
  expect(file.getHeaders()).toMatchObject({
    type: 'application/x-zip-compressed',
    disposition: 'attachment; filename=20260203_040506_langflow_flows.zip',
  });
  const chunks: Buffer[] = [];
  for await (const chunk of file.getStream() as AsyncIterable<Buffer>) chunks.push(chunk);
  const files = unzipSync(Buffer.concat(chunks));
  expect(Object.keys(files)).toEqual(['A.json', 'A (1).json', '__.._etc_passwd.json', 'C__x_y.json', '_hidden.json']);
  expect(JSON.parse(strFromU8(files['A.json'] as Uint8Array))).toEqual(flowExport(flow('A')));
});

it('keeps everything a flow came with', () => {
  expect(flowExport(flow('now'))).toMatchObject({ name: 'now', endpoint_name: 'e', own: [1], data: { nodes: [] } });
});
