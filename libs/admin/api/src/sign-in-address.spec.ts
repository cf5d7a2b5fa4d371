import { describe, expect, it } from '@jest/globals';
import { addressAfterSignIn } from './sign-in-address.ts';

describe('after signing in', () => {
  it.each([
    ['/settings/api-keys', '/settings/api-keys'],
    ['/flows/1?x=2', '/flows/1?x=2'],
    [undefined, '/flows'],
    ['', '/flows'],
    ['https://elsewhere.example', '/flows'],
    ['//elsewhere.example', '/flows'],
    ['/\\elsewhere.example', '/flows'],
    ['javascript:alert(1)', '/flows'],
    ['/login?next=/x', '/flows'],
  ])('%s leads to %s', (next, address) => {
    expect(addressAfterSignIn(next)).toBe(address);
  });
});
