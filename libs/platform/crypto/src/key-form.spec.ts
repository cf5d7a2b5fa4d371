import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { generateKey, hashKey, isKeyForm, keyHint } from './key-form.ts';

const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

describe('the form of a key', () => {
  it('is fk_, 43 digits, an underscore and 6 digits', () => {
    expect(generateKey()).toMatch(/^fk_[0-9A-Za-z]{43}_[0-9A-Za-z]{6}$/);
  });

  it('is recognised and never repeats', () => {
    const keys = Array.from({ length: 500 }, generateKey);
    expect(keys.every(isKeyForm)).toBe(true);
    expect(new Set(keys).size).toBe(500);
  });

  it('uses every digit in every place of the body but the first', () => {
    const keys = Array.from({ length: 2000 }, generateKey);
    for (const place of [4, 20, 45]) {
      expect(new Set(keys.map((key) => key[place])).size).toBeGreaterThan(55);
    }
  });

  it('is refused when any one character is another', () => {
    fc.assert(
      fc.property(fc.nat(52), fc.constantFrom(...Array.from(digits)), (place, digit) => {
        const key = generateKey();
        const changed = key.slice(0, place) + digit + key.slice(place + 1);
        expect(isKeyForm(changed)).toBe(changed === key);
      }),
    );
  });

  it.each(['', 'fk_', 'sk-abc', `fk_${'a'.repeat(43)}_aaaaaa`, `${generateKey()} `, `${generateKey()}\n`])(
    'is refused for %j',
    (text) => {
      expect(isKeyForm(text)).toBe(false);
    },
  );

  it('is hashed with plain SHA-256', () => {
    expect(hashKey('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  });

  it('gives away 8 characters in front and 4 at the end of the body', () => {
    const key = generateKey();
    expect(keyHint(key)).toEqual({ prefix: key.slice(0, 8), last4: key.slice(42, 46), length: 53 });
    expect(keyHint('sk-imported-from-elsewhere')).toEqual({ prefix: 'sk-impor', last4: 'here', length: 26 });
  });
});
