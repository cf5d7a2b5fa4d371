import { describe, expect, it } from '@jest/globals';
import { PasswordHasher } from './password-hasher.ts';

describe('the password hasher', () => {
  it('accepts the right password and no other', async () => {
    const hasher = new PasswordHasher();
    const hashed = await hasher.hash('correct horse');
    expect(hashed).toMatch(/^\$argon2id\$/);
    expect(await hasher.verify(hashed, 'correct horse')).toBe(true);
    expect(await hasher.verify(hashed, 'correct horse ')).toBe(false);
  });

  it('refuses every password of a user who does not exist', async () => {
    const hasher = new PasswordHasher();
    await hasher.prepare();
    expect(await hasher.verify(null, 'no user has this password')).toBe(false);
  });

  it('turns callers away when too many wait, and recovers', async () => {
    const hasher = new PasswordHasher();
    const results = await Promise.allSettled(Array.from({ length: 70 }, () => hasher.hash('x')));
    expect(results.filter((result) => result.status === 'rejected')).toHaveLength(6);
    await expect(hasher.hash('x')).resolves.toMatch(/^\$argon2id\$/);
  });
});
