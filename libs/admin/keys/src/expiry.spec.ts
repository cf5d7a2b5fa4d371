import { expect, it } from '@jest/globals';
import { expiryAt, expiryPresets } from './expiry.ts';

it.each([
  ['never', null],
  ['7', Date.UTC(2026, 0, 8)],
  ['365', Date.UTC(2027, 0, 1)],
])('a key made on New Year with the preset %s ends at %s', (preset, end) => {
  expect(expiryAt(preset, Date.UTC(2026, 0, 1))).toBe(end);
});

it('every preset is a number of days or never', () => {
  for (const { value } of expiryPresets) expect(expiryAt(value, 0)).not.toBeNaN();
});
