import { describe, expect, it } from '@jest/globals';
import { FlowFileError, readFlowFile } from './flow-file.ts';

const file = (content: string, size = content.length) =>
  ({ name: 'flow.json', size, text: () => Promise.resolve(content) }) as File;

describe('a file with flows', () => {
  const langflow = { name: 'A', data: { nodes: [], edges: [] } };
  const flowise = { nodes: [], edges: [] };

  it.each([
    ['one flow of Langflow', langflow, { dialect: 'langflow', documents: [langflow] }],
    ['a collection', { flows: [langflow] }, { dialect: 'langflow', documents: [{ flows: [langflow] }] }],
    ['a list', [langflow, langflow], { dialect: 'langflow', documents: [langflow, langflow] }],
    ['one flow of Flowise', flowise, { dialect: 'flowise', documents: [flowise] }],
  ])('holds %s', async (_what, content, request) => {
    expect(await readFlowFile(file(JSON.stringify(content)))).toEqual(request);
  });

  it.each([
    ['no JSON', 'not JSON', 'It is not JSON'],
    ['a number', '1', 'no flow export'],
    ['nothing', 'null', 'no flow export'],
    ['an empty list', '[]', 'no flow export'],
    ['a list of other things', '[{}, 1]', 'no flow export'],
  ])('is refused for %s', async (_what, content, sentence) => {
    await expect(readFlowFile(file(content))).rejects.toThrow(sentence);
  });

  it('is refused unread when it is too large', async () => {
    const large = { size: 9_000_000, text: () => Promise.reject(new Error('was read')) } as unknown as File;
    await expect(readFlowFile(large)).rejects.toBeInstanceOf(FlowFileError);
  });
});
