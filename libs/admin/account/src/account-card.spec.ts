import { expect, it } from '@jest/globals';
import { render } from '@flowkeep/admin-testing';
import { AccountCard } from './account-card.ts';

it('a page with one card has a main part and a heading', async () => {
  const { element } = await render(AccountCard, [], { heading: 'Sign in', about: 'With your own name.' });
  expect(element.querySelector('main h1')?.textContent).toBe('Sign in');
  expect(element.querySelector('main p')?.textContent).toBe('With your own name.');
});
