import { beforeEach, describe, expect, it } from '@jest/globals';
import { TestBed } from '@angular/core/testing';
import { provideRouter } from '@angular/router';
import { ApiClient, ApiProblem, Session } from '@flowkeep/admin-api';
import { FakeApi, render, sampleAccount, sampleVariable } from '@flowkeep/admin-testing';
import type { Variable } from './variable-dialog.ts';
import type { VariableUse } from './variable-uses.ts';
import { VariablesPage } from './variables-page.ts';

describe('the variables page', () => {
  let api: FakeApi;
  let variables: Variable[];
  let uses: VariableUse[];

  beforeEach(() => {
    variables = [];
    uses = [];
    api = new FakeApi()
      .answer('session', () => sampleAccount())
      .answer('listVariables', () => ({ total: variables.length, variables }))
      .answer('listVariableUses', ({ query }) =>
        query.after === undefined ? { uses: uses.slice(0, 1), next: 'first' } : { uses: uses.slice(1), next: null },
      );
  });

  async function open() {
    TestBed.configureTestingModule({ providers: [provideRouter([]), { provide: ApiClient, useValue: api }] });
    await TestBed.inject(Session).load();
    return render(VariablesPage);
  }

  it('says how to begin while there is none', async () => {
    expect((await open()).text()).toContain('No variables yet');
  });

  it('shows generic values and hides credentials', async () => {
    variables = [
      sampleVariable({ defaultFields: ['API Key'] }),
      sampleVariable({ id: 'other', name: 'REGION', kind: 'generic', value: 'eu-1' }),
    ];
    const page = await open();
    const [, first, second] = [...page.element.querySelectorAll('tr')].map(({ textContent }) => textContent);
    expect(first).toMatch(/OPENAI_API_KEY.*Credential.*Hidden.*API Key/s);
    expect(second).toMatch(/REGION.*Generic.*eu-1.*None/s);
  });

  it('adds one', async () => {
    api.answer('createVariable', () => {
      variables = [sampleVariable()];
      return sampleVariable();
    });
    const page = await open();
    await page.click('Add variable');
    await page.fill('Name', 'OPENAI_API_KEY');
    await page.fill('Value', 'sk-secret');
    await page.submit();
    expect(page.element.textContent).toContain('OPENAI_API_KEY');
    expect(page.text()).not.toContain('sk-secret');
  });

  it('deletes one after asking', async () => {
    variables = [sampleVariable()];
    api.answer('deleteVariable', ({ params }) => {
      variables = [];
      return params;
    });
    const page = await open();
    await page.click('Delete OPENAI_API_KEY');
    expect(api.asked('deleteVariable')).toEqual([]);
    await page.click('Delete variable');
    const query = { force: 'false' };
    expect(api.asked('deleteVariable')).toEqual([{ params: { variableId: sampleVariable().id }, query }]);
    expect(page.text()).toContain('No variables yet');
  });

  it('says which flows use one, and when it was used', async () => {
    variables = [sampleVariable({ lastUsedAt: Date.UTC(2026, 0, 2) }), sampleVariable({ id: 'other', name: 'REGION' })];
    const usedBy = ['One', 'Two', 'Three', 'Four'].map((name) => ({ flowId: name.toLowerCase(), name }));
    uses = [
      { variable: 'ABSENT', total: 1, usedBy: usedBy.slice(0, 1) },
      { variable: 'OPENAI_API_KEY', total: 7, usedBy },
    ];
    const page = await open();
    const [, first, second] = [...page.element.querySelectorAll('tr')].map(({ textContent }) => textContent);
    expect(first).toMatch(/One.*Two.*Three.*and 4 more.*2026/s);
    expect(second).toMatch(/No flow.*Never/s);
    expect(page.controls('Two')[0]?.getAttribute('href')).toBe('/flows/two');
  });

  it('names the flows before one that they use is deleted', async () => {
    variables = [sampleVariable()];
    const usedBy = [{ flowId: 'one', name: 'One' }];
    uses = [{ variable: 'OPENAI_API_KEY', total: 1, usedBy }];
    api.answer('deleteVariable', ({ params }) => params);
    const page = await open();
    await page.click('Delete OPENAI_API_KEY');
    expect(page.text()).toContain('It is used by “One”. They fail until');
    await page.click('Delete variable');
    expect(api.asked('deleteVariable')).toMatchObject([{ query: { force: 'true' } }]);
  });

  it('deletes none that flows came to use meanwhile', async () => {
    variables = [sampleVariable()];
    api.answer('deleteVariable', () => {
      uses = [{ variable: 'OPENAI_API_KEY', total: 1, usedBy: [{ flowId: 'one', name: 'One' }] }];
      throw new ApiProblem({ title: 'In use.', status: 409, code: 'variable_in_use' });
    });
    const page = await open();
    await page.click('Delete OPENAI_API_KEY');
    await page.click('Delete variable');
    expect(page.text()).toContain('Flows use “OPENAI_API_KEY” by now. See which, and delete it again.');
    expect(page.controls('One')).toHaveLength(1);
  });

  it('lists variables also when nobody knows what uses them', async () => {
    variables = [sampleVariable()];
    api.answer('listVariableUses', () => {
      throw new ApiProblem({ title: 'Away.', status: 503, code: 'unavailable' });
    });
    expect((await open()).text()).toMatch(/OPENAI_API_KEY.*Unknown/);
  });

  it('offers nothing that the person may not do', async () => {
    variables = [sampleVariable()];
    api.answer('session', () => ({ ...sampleAccount(), permissions: ['variables:view'] }));
    const page = await open();
    for (const name of ['Add variable', 'Edit OPENAI_API_KEY', 'Delete OPENAI_API_KEY']) {
      expect(page.controls(name)).toEqual([]);
    }
  });
});
