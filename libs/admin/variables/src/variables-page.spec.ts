import { beforeEach, describe, expect, it } from '@jest/globals';
import { TestBed } from '@angular/core/testing';
import { ApiClient, Session } from '@flowkeep/admin-api';
import { FakeApi, render, sampleAccount, sampleVariable } from '@flowkeep/admin-testing';
import type { Variable } from './variable-dialog.ts';
import { VariablesPage } from './variables-page.ts';

describe('the variables page', () => {
  let api: FakeApi;
  let variables: Variable[];

  beforeEach(() => {
    variables = [];
    api = new FakeApi()
      .answer('session', () => sampleAccount())
      .answer('listVariables', () => ({ total: variables.length, variables }));
  });

  async function open() {
    TestBed.configureTestingModule({ providers: [{ provide: ApiClient, useValue: api }] });
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
    expect(api.asked('deleteVariable')).toEqual([{ params: { variableId: sampleVariable().id } }]);
    expect(page.text()).toContain('No variables yet');
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
