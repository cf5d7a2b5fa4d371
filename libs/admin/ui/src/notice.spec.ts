import { describe, expect, it } from '@jest/globals';
import { render } from '@flowkeep/admin-testing';
import { Notice } from './notice.ts';

describe('a notice', () => {
  it.each([
    ['error', 'alert'],
    ['warning', 'status'],
    ['success', 'status'],
  ])('of kind %s is announced as %s', async (kind, role) => {
    const { element } = await render(Notice, [], { kind });
    expect(element.getAttribute('role')).toBe(role);
    expect(element.classList).toContain(kind);
  });
});
