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
            lifted: [
              { node: 'Language Model', field: 'api_key', kept: true },
              { node: 'Search', field: 'token', kept: false },
            ],
          },
        ],
      },
      { file: 'b.json', flows: [], problem: 'It is not JSON.' },
    ];
    const page = await render(ImportReport, [provideRouter([])], { outcomes });
    expect(page.text()).toContain('Greeting was imported.');
    expect(page.text()).toContain('Language Model · api_key — now encrypted in the vault');
    expect(page.text()).toContain('Search · token — removed; set it again before you run the flow');
    expect(page.text()).toContain('b.json was not imported. It is not JSON.');
    expect(page.controls('Greeting')[0]?.getAttribute('href')).toBe('/flows/one');
  });
});
