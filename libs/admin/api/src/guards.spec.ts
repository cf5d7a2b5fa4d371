import { beforeEach, describe, expect, it } from '@jest/globals';
import { EnvironmentInjector, runInInjectionContext } from '@angular/core';
import { TestBed } from '@angular/core/testing';
import { type ActivatedRouteSnapshot, type CanActivateFn, Router, type RouterStateSnapshot } from '@angular/router';
import { FakeApi, sampleAccount } from '@flowkeep/admin-testing';
import { ApiClient } from './api-client.ts';
import { ApiProblem } from './api-problem.ts';
import { mayChangePassword, signedIn } from './guards.ts';
import { Session } from './session.ts';

describe('a page', () => {
  let api: FakeApi;

  beforeEach(() => {
    api = new FakeApi().answer('session', () => sampleAccount());
    TestBed.configureTestingModule({ providers: [{ provide: ApiClient, useValue: api }] });
  });

  async function visit(guard: CanActivateFn, url: string): Promise<string | boolean> {
    const state = { url } as RouterStateSnapshot;
    const outcome = await runInInjectionContext(TestBed.inject(EnvironmentInjector), () =>
      guard({} as ActivatedRouteSnapshot, state),
    );
    return typeof outcome === 'boolean' ? outcome : TestBed.inject(Router).serializeUrl(outcome as never);
  }

  it('lets in whoever is signed in, and asks once', async () => {
    expect(await visit(signedIn, '/flows')).toBe(true);
    expect(await visit(signedIn, '/settings/api-keys')).toBe(true);
    expect(api.calls).toHaveLength(1);
    expect(TestBed.inject(Session).may('keys:create')).toBe(true);
    expect(TestBed.inject(Session).may('users:manage')).toBe(false);
  });

  it('sends a stranger to sign in, and says where they were going', async () => {
    api.answer('session', () => {
      throw new ApiProblem({ title: 'x', status: 403, code: 'credential_missing' });
    });
    expect(await visit(signedIn, '/flows/1?a=b')).toBe('/login?next=%2Fflows%2F1%3Fa%3Db');
    expect(await visit(mayChangePassword, '/change-password')).toBe('/login?next=%2Fchange-password');
  });

  it('has a password replaced that somebody else made', async () => {
    api.answer('session', () => sampleAccount({ mustChangePassword: true }));
    expect(await visit(signedIn, '/flows')).toBe('/change-password');
    expect(await visit(mayChangePassword, '/change-password')).toBe(true);
  });

  it('is shown when the server can not tell', async () => {
    api.answer('session', () => {
      throw new ApiProblem({ title: 'x', status: 503, code: 'unavailable' });
    });
    expect(await visit(signedIn, '/flows')).toBe(true);
  });

  it('forgets the account of who signed out', async () => {
    const session = TestBed.inject(Session);
    await session.load();
    await session.signOut();
    expect(session.account()).toBeNull();
    expect(api.asked('signOut')).toHaveLength(1);
  });
});
