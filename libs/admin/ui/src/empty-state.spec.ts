import { expect, it } from '@jest/globals';
import { render } from '@flowkeep/admin-testing';
import { EmptyState } from './empty-state.ts';

it('an empty list says what it is for, under a heading', async () => {
  const { element } = await render(EmptyState, [], { icon: 'key', heading: 'No keys yet', about: 'Create one.' });
  expect(element.querySelector('h2')?.textContent).toBe('No keys yet');
  expect(element.querySelector('p')?.textContent).toBe('Create one.');
  expect(element.querySelector('fk-icon')?.getAttribute('aria-hidden')).toBe('true');
});
