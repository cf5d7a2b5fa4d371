import { describe, expect, it } from '@jest/globals';
import { Component, signal } from '@angular/core';
import { ApiProblem } from '@flowkeep/admin-api';
import { render } from '@flowkeep/admin-testing';
import { LoadState } from './load-state.ts';

const error = signal<unknown>(undefined);
const retries = signal(0);

@Component({
  selector: 'fk-host',
  imports: [LoadState],
  template: '<fk-load-state [error]="error()" (retry)="again()" />',
})
class Host {
  protected readonly error = error;

  protected again(): void {
    retries.update((count) => count + 1);
  }
}

describe('where data will be', () => {
  it('bars say that they are loading', async () => {
    error.set(undefined);
    const page = await render(Host);
    expect(page.element.querySelector('[role=status]')?.getAttribute('aria-label')).toBe('Loading');
    expect(page.controls('Try again')).toEqual([]);
  });

  it('a failure is told, and can be tried again', async () => {
    error.set(new ApiProblem({ title: 'The server is busy.', status: 503, code: 'busy' }));
    const page = await render(Host);
    expect(page.element.querySelector('[role=alert]')?.textContent).toContain('The server is busy.');
    await page.click('Try again');
    expect(retries()).toBe(1);
  });
});
