import { describe, expect, it } from '@jest/globals';
import { provideRouter } from '@angular/router';
import { render } from '@flowkeep/admin-testing';
import { ImportReport } from './import-report.ts';

describe('the report of an import', () => {
  it('says what was stored, what was taken out of it, and what was refused', async () => {
    const outcomes = [
      {
        file: 'a.json',
        problem: null,
        flows: [
          {
            id: 'one',
            name: 'Greeting',
            version: 1,
            lifted: [
              { nodeId: 'Model-1', node: 'Language Model', field: 'api_key', kept: true, variable: null },
              { nodeId: 'Search-1', node: 'Search', field: 'token', kept: false, variable: null },
            ],
            bound: [{ node: 'Search', field: 'api_key', variable: 'SEARCH_KEY' }],
          },
        ],
      },
      { file: 'b.json', flows: [], problem: 'It is not JSON.' },
    ];
    const page = await render(ImportReport, [provideRouter([])], { outcomes });
    expect(page.text()).toContain('Greeting was imported.');
    expect(page.text()).toContain('Language Model · api_key — now encrypted in the vault');
    expect(page.text()).toContain('Search · token — removed; set it again before you run the flow');
    expect(page.text()).toContain('Search · api_key — SEARCH_KEY');
    // Whoever may not make variables is not offered it.
    expect(page.controls('Make it a variable: api_key of Language Model')).toEqual([]);
    expect(page.text()).toContain('b.json was not imported. It is not JSON.');
    expect(page.controls('Greeting')[0]?.getAttribute('href')).toBe('/flows/one');
  });
});
