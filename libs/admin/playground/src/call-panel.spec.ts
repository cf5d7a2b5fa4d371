import { describe, expect, it } from '@jest/globals';
import { provideRouter } from '@angular/router';
import { render } from '@flowkeep/admin-testing';
import { CallPanel } from './call-panel.ts';

describe('the call panel', () => {
  it.each([
    ['curl', 'curl '],
    ['JavaScript', 'await fetch('],
    ['Python', 'import requests'],
  ])('shows %s', async (language, start) => {
    const page = await render(CallPanel, [provideRouter([])], { reference: 'my flow' });
    await page.click(language);
    const code = page.element.querySelector('pre')?.textContent ?? '';
    expect(code).toContain(start);
    expect(code).toContain(`${location.origin}/api/v1/run/my%20flow`);
  });
});
