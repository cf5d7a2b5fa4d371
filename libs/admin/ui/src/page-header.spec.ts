import { expect, it } from '@jest/globals';
import { render } from '@flowkeep/admin-testing';
import { PageHeader } from './page-header.ts';

it.each([
  [{ heading: 'Flows' }, 0],
  [{ heading: 'Flows', about: 'What you built.' }, 1],
])('a page has one heading, and a sentence if it is given one: %j', async (inputs, sentences) => {
  const { element } = await render(PageHeader, [], inputs);
  expect(element.querySelector('h1')?.textContent).toBe('Flows');
  expect(element.querySelectorAll('p')).toHaveLength(sentences);
});
