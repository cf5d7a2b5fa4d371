import { beforeEach, describe, expect, it } from '@jest/globals';
import { TestBed } from '@angular/core/testing';
import { provideRouter } from '@angular/router';
import { ApiClient, ApiProblem, Session } from '@flowkeep/admin-api';
import { FakeApi, render, sampleAccount, sampleFlow } from '@flowkeep/admin-testing';
import type { NativeReply } from '@flowkeep/contracts/http';
import { FlowsPage } from './flows-page.ts';

const file = (name: string, content: string) =>
  ({ name, size: content.length, text: () => Promise.resolve(content) }) as File;
const good = (name: string) => file(name, '{"data":{"nodes":[],"edges":[]}}');

describe('the flows page', () => {
  let api: FakeApi;
  let flows: NativeReply<'getFlow'>[];

  beforeEach(() => {
    flows = [];
    api = new FakeApi()
      .answer('session', () => sampleAccount())
      .answer('listFlows', () => ({ total: flows.length, flows }))
      .answer('importFlows', () => {
        flows = [sampleFlow()];
        return { flows, lifted: [], bound: [] };
      });
  });

  async function open() {
    TestBed.configureTestingModule({ providers: [provideRouter([]), { provide: ApiClient, useValue: api }] });
    await TestBed.inject(Session).load();
    const page = await render(FlowsPage);
    const area = page.element.querySelector('.page') as HTMLElement;
    return {
      ...page,
      choose: async (...files: File[]) => {
        const input = page.element.querySelector('input[type=file]') as HTMLInputElement;
        Object.defineProperty(input, 'files', { value: files, configurable: true });
        input.dispatchEvent(new Event('change'));
        await page.settle();
      },
      drag: async (type: 'dragover' | 'drop', types: string[], files: File[]) => {
        const event = new Event(type, { bubbles: true, cancelable: true });
        Object.defineProperty(event, 'dataTransfer', { value: { types, files } });
        area.dispatchEvent(event);
        await page.settle();
        return event.defaultPrevented;
      },
    };
  }

  it('says how to begin while there is none', async () => {
    expect((await open()).text()).toContain('No flows yet');
  });

  it('lists flows, each a way to try it', async () => {
    flows = [sampleFlow({ component: true }), sampleFlow({ id: 'b', name: 'Other', endpointName: null })];
    const page = await open();
    const [, first, second] = [...page.element.querySelectorAll('tr')].map(({ textContent }) => textContent);
    expect(first).toMatch(/Greeting.*Component.*greeting/s);
    expect(second).toMatch(/Other.*None/s);
    expect(page.controls('Other')[0]?.getAttribute('href')).toBe('/flows/b');
  });

  it('imports files that are chosen, each on its own', async () => {
    const page = await open();
    await page.choose(good('a.json'), file('b.json', 'not JSON'), good('c.json'));
    expect(api.asked('importFlows')).toHaveLength(2);
    expect(page.text()).toContain('b.json was not imported. It is not JSON.');
    expect(page.text()).toContain('Greeting was imported.');
    expect(page.element.querySelectorAll('tbody tr')).toHaveLength(1);
    await page.click('Dismiss the report');
    expect(page.text()).not.toContain('was imported');
  });

  it('imports files that are dropped', async () => {
    const page = await open();
    expect(await page.drag('dragover', ['Files'], [])).toBe(true);
    expect(page.text()).toContain('Drop the files to import them');
    await page.drag('drop', ['Files'], [good('a.json')]);
    expect(page.text()).not.toContain('Drop the files to import them');
    expect(page.text()).toContain('Greeting was imported.');
  });

  it('takes nothing but files', async () => {
    expect(await (await open()).drag('dragover', ['text/plain'], [])).toBe(false);
  });

  it('makes a secret that was taken out a variable', async () => {
    const flow = sampleFlow({ version: 3 });
    api
      .answer('importFlows', () => {
        const lifted = [
          { flowId: flow.id, nodeId: 'Model-1', field: 'api_key', kept: true },
          { flowId: flow.id, nodeId: 'Model-1', field: 'token', kept: true },
        ];
        return { flows: [flow], lifted, bound: [] };
      })
      .answer('promoteSecret', ({ body }) => {
        if (body.name === 'TAKEN') {
          throw new ApiProblem({ title: 'This name is already in use.', status: 409, code: 'name_taken' });
        }
        return { variableId: flow.id, flow: { ...flow, version: body.version + 1 } };
      });
    const page = await open();
    await page.choose(good('a.json'));
    await page.click('Make it a variable: api_key of Model-1');
    await page.submit();
    expect(page.text()).toContain('Name it as other flows will.');
    await page.fill('Name', 'TAKEN');
    await page.submit();
    expect(page.text()).toContain('This name is already in use.');
    await page.fill('Name', 'OPENAI_API_KEY');
    await page.submit();
    expect(page.text()).toContain('Model-1 · api_key — now the variable OPENAI_API_KEY');
    expect(page.controls('Make it a variable: api_key of Model-1')).toEqual([]);
    await page.click('Make it a variable: token of Model-1');
    await page.fill('Name', 'TOKEN');
    await page.submit();
    expect(api.asked('promoteSecret').slice(1)).toEqual([
      {
        params: { flowId: flow.id },
        body: { nodeId: 'Model-1', field: 'api_key', name: 'OPENAI_API_KEY', version: 3 },
      },
      { params: { flowId: flow.id }, body: { nodeId: 'Model-1', field: 'token', name: 'TOKEN', version: 4 } },
    ]);
  });

  it('says why the server refused a file', async () => {
    api.answer('importFlows', () => {
      throw new ApiProblem({ title: 'This is not a flow Flowkeep can read.', status: 422, code: 'flow_invalid' });
    });
    const page = await open();
    await page.choose(good('a.json'));
    expect(page.text()).toContain('a.json was not imported. This is not a flow Flowkeep can read.');
  });

  it('deletes a flow after asking', async () => {
    flows = [sampleFlow()];
    api.answer('deleteFlow', ({ params }) => {
      flows = [];
      return params;
    });
    const page = await open();
    await page.click('Delete Greeting');
    expect(api.asked('deleteFlow')).toEqual([]);
    await page.click('Delete flow');
    expect(api.asked('deleteFlow')).toEqual([{ params: { flowId: sampleFlow().id } }]);
    expect(page.text()).toContain('No flows yet');
  });

  it('offers nothing that the person may not do', async () => {
    flows = [sampleFlow()];
    api.answer('session', () => ({ ...sampleAccount(), permissions: ['flows:view'] }));
    const page = await open();
    expect(page.controls('Import flows')).toEqual([]);
    expect(page.controls('Delete Greeting')).toEqual([]);
    expect(await page.drag('dragover', ['Files'], [])).toBe(false);
    await page.drag('drop', ['Files'], [good('a.json')]);
    expect(api.asked('importFlows')).toEqual([]);
  });
});
