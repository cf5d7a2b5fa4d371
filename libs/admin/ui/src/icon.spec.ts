import { expect, it } from '@jest/globals';
import { render } from '@flowkeep/admin-testing';
import { Icon } from './icon.ts';

it('an icon is drawn, and hidden from screen readers', async () => {
  const { element } = await render(Icon, [], { name: 'plus' });
  expect(element.querySelector('path')?.getAttribute('d')).toBe('M12 5v14M5 12h14');
  expect(element.getAttribute('aria-hidden')).toBe('true');
});
