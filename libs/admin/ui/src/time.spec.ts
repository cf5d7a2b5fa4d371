import { describe, expect, it } from '@jest/globals';
import { render } from '@flowkeep/admin-testing';
import { Time } from './time.ts';

describe('a time', () => {
  const at = Date.UTC(2026, 0, 15, 12);

  it('is told as the reader writes it, and exactly to machines', async () => {
    const { element } = await render(Time, [], { at });
    expect(element.querySelector('time')?.getAttribute('datetime')).toBe('2026-01-15T12:00:00.000Z');
    expect(element.textContent).toContain('2026');
    expect(element.querySelector('time')?.title).toContain('00');
  });

  it('that never was has a word for it', async () => {
    const { element } = await render(Time, [], { at: null, never: 'Not yet' });
    expect(element.textContent.trim()).toBe('Not yet');
  });
});
