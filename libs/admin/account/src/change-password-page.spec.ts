import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import { TestBed } from '@angular/core/testing';
import { provideRouter, Router } from '@angular/router';
import { ApiClient, ApiProblem, Session } from '@flowkeep/admin-api';
import { FakeApi, render, sampleAccount } from '@flowkeep/admin-testing';
import { ChangePasswordPage } from './change-password-page.ts';

describe('changing the password', () => {
  let api: FakeApi;
  let went: jest.SpiedFunction<Router['navigateByUrl']>;

  beforeEach(() => {
    api = new FakeApi().answer('changePassword', () => ({ userId: sampleAccount().user.id, revision: 2 }));
  });

  async function open(mustChangePassword: boolean) {
    api.answer('session', () => sampleAccount({ mustChangePassword }));
    TestBed.configureTestingModule({ providers: [provideRouter([]), { provide: ApiClient, useValue: api }] });
    await TestBed.inject(Session).load();
    went = jest.spyOn(TestBed.inject(Router), 'navigateByUrl').mockResolvedValue(true);
    const page = await render(ChangePasswordPage);
    return {
      ...page,
      enter: async (current: string, replacement: string, repeated = replacement) => {
        await page.fill('Current password', current);
        await page.fill('New password', replacement);
        await page.fill('New password, once more', repeated);
        await page.submit();
      },
    };
  }

  it('asks the server and goes on', async () => {
    const page = await open(true);
    await page.enter('generated', 'correct horse battery');
    expect(api.asked('changePassword')).toEqual([
      { body: { currentPassword: 'generated', newPassword: 'correct horse battery' } },
    ]);
    expect(went).toHaveBeenCalledWith('/flows');
  });

  it.each([
    ['too short', ['old', 'short'], 'at least 8 characters'],
    ['the same', ['the same old one', 'the same old one'], 'differs from the current'],
    ['typed differently', ['old', 'correct horse', 'correct house'], 'The two new passwords differ'],
    ['missing', ['', 'correct horse'], 'Enter your current password'],
  ])('refuses what is %s before asking', async (_what, [current = '', replacement = '', repeated], sentence) => {
    const page = await open(true);
    await page.enter(current, replacement, repeated);
    expect(page.text()).toContain(sentence);
    expect(api.asked('changePassword')).toEqual([]);
  });

  it('says when the server refuses', async () => {
    api.answer('changePassword', () => {
      throw new ApiProblem({ title: 'Current password is incorrect', status: 400, code: 'password_wrong' });
    });
    const page = await open(true);
    await page.enter('wrong', 'correct horse battery');
    expect(page.text()).toContain('Current password is incorrect');
    expect(went).not.toHaveBeenCalled();
  });

  it('hints at a weak one without refusing it', async () => {
    const page = await open(true);
    await page.fill('New password', 'ada-is-my-name');
    expect(page.text()).toContain('Weak: it contains your user name.');
  });

  it('can be left when it is one’s own wish', async () => {
    const page = await open(false);
    expect(page.controls('Cancel')).toHaveLength(1);
    expect(page.controls('Sign out')).toHaveLength(0);
  });

  it('can only be left by signing out when it is not', async () => {
    const page = await open(true);
    expect(page.controls('Cancel')).toHaveLength(0);
    await page.click('Sign out');
    expect(api.asked('signOut')).toHaveLength(1);
    expect(went).toHaveBeenCalledWith('/login');
  });
});
