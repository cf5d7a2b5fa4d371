import { describe, expect, it } from '@jest/globals';
import { weaknessOf } from './password-weakness.ts';

describe('a password', () => {
  it.each([
    ['ada-lovelace-1', 'it contains your user name'],
    ['MyPassword1!', 'a password many people use'],
    ['aaaaaaaa1', 'repeats the same few characters'],
    ['helloworld', 'make it longer'],
    ['98765432109', 'make it longer'],
  ])('%s is easy to guess', (password, why) => {
    expect(weaknessOf(password, 'ada')).toContain(why);
  });

  it.each(['', 'correct horse battery staple', 'Tr4ffic-light', 'onelongwordwithoutend'])('%s is fine', (password) => {
    expect(weaknessOf(password, 'ada')).toBeNull();
  });

  it('may contain a user name that is next to nothing', () => {
    expect(weaknessOf('boxing-Wizards-7', 'bo')).toBeNull();
  });
});
