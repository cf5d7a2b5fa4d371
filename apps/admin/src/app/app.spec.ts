import { beforeEach, describe, expect, it } from '@jest/globals';
import { TestBed } from '@angular/core/testing';
import { provideRouter, Router, withComponentInputBinding } from '@angular/router';
import { RouterTestingHarness } from '@angular/router/testing';
import { ApiClient, ApiProblem } from '@flowkeep/admin-api';
import { FakeApi, sampleAccount, sampleFlow } from '@flowkeep/admin-testing';
import { routes } from './app.routes.ts';

describe('the addresses', () => {
  let api: FakeApi;

  beforeEach(() => {
    api = new FakeApi()
      .answer('session', () => sampleAccount())
      .answer('listFlows', () => ({ total: 0, flows: [] }))
      .answer('getFlow', () => sampleFlow())
      .answer('listKeys', () => ({ total: 0, keys: [], next: null }))
      .answer('listVariables', () => ({ total: 0, variables: [] }));
    TestBed.configureTestingModule({
      providers: [provideRouter(routes, withComponentInputBinding()), { provide: ApiClient, useValue: api }],
    });
  });

  async function visit(address: string) {
    const harness = await RouterTestingHarness.create(address);
    await harness.fixture.whenStable();
    return {
      heading: harness.routeNativeElement?.querySelector('h1')?.textContent,
      address: TestBed.inject(Router).url,
    };
  }

  it.each([
    ['/', 'Flows', '/flows'],
    ['/flows', 'Flows', '/flows'],
    ['/flows/one', 'Greeting', '/flows/one'],
    ['/settings/api-keys', 'API keys', '/settings/api-keys'],
    ['/settings/global-variables', 'Global variables', '/settings/global-variables'],
    ['/change-password', 'Change password', '/change-password'],
    ['/no/such/page', 'There is no page here', '/no/such/page'],
  ])('%s is the page %s', async (asked, heading, address) => {
    expect(await visit(asked)).toEqual({ heading, address });
  });

  it('of a stranger all lead to signing in', async () => {
    api.answer('session', () => {
      throw new ApiProblem({ title: 'x', status: 403, code: 'credential_missing' });
    });
    expect(await visit('/settings/api-keys')).toEqual({
      heading: 'Sign in to Flowkeep',
      address: '/login?next=%2Fsettings%2Fapi-keys',
    });
  });
});
