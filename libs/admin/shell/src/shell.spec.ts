import { beforeEach, describe, expect, it } from '@jest/globals';
import { TestBed } from '@angular/core/testing';
import { provideRouter, Router } from '@angular/router';
import { ApiClient, ApiProblem, Session } from '@flowkeep/admin-api';
import { FakeApi, render, sampleAccount } from '@flowkeep/admin-testing';
import { Shell } from './shell.ts';

const menu = 'ada: account and appearance';

describe('the shell', () => {
  let api: FakeApi;

  beforeEach(() => {
    localStorage.clear();
    api = new FakeApi().answer('session', () => sampleAccount());
    TestBed.configureTestingModule({ providers: [provideRouter([]), { provide: ApiClient, useValue: api }] });
  });

  async function open() {
    await TestBed.inject(Session).load();
    return render(Shell);
  }

  it('leads to every section', async () => {
    const page = await open();
    const links = [...page.element.querySelectorAll('nav a')].map((link) => link.getAttribute('href'));
    expect(links).toEqual(['/flows', '/settings/api-keys', '/settings/global-variables']);
  });

  it('skips to the content', async () => {
    const page = await open();
    await page.click('Skip to content');
    expect(document.activeElement?.id).toBe('content');
  });

  it('moves the focus to a page that replaced another', async () => {
    const page = await open();
    TestBed.inject(Router).resetConfig([{ path: '**', children: [] }]);
    await TestBed.inject(Router).navigateByUrl('/flows');
    expect(document.activeElement?.id).not.toBe('content');
    await TestBed.inject(Router).navigateByUrl('/settings/api-keys');
    await page.settle();
    expect(document.activeElement?.id).toBe('content');
  });

  it('says who is signed in, and signs out', async () => {
    const page = await open();
    const router = TestBed.inject(Router);
    router.resetConfig([{ path: 'login', children: [] }]);
    await page.click(menu);
    expect(page.text()).toContain('Signed in as ada');
    await page.click('Sign out');
    expect(api.asked('signOut')).toHaveLength(1);
    expect(TestBed.inject(Session).account()).toBeNull();
    expect(router.url).toBe('/login');
  });

  it('changes the appearance', async () => {
    const page = await open();
    await page.click(menu);
    await page.click('Appearance');
    await page.click('Dark');
    expect(document.documentElement.style.colorScheme).toBe('dark');
    await page.click(menu);
    await page.click('Appearance');
    expect(page.controls('Dark ✓')[0]?.getAttribute('aria-checked')).toBe('true');
  });

  it('says that the server does not answer, and tries again', async () => {
    const page = await render(Shell);
    expect(page.text()).toContain('can’t tell who you are right now');
    api.answer('session', () => {
      throw new ApiProblem({ title: 'Try again shortly.', status: 503, code: 'unavailable' });
    });
    await page.click('Try again');
    expect(page.text()).toContain('Try again shortly.');
    api.answer('session', () => sampleAccount());
    await page.click('Try again');
    expect(page.text()).not.toContain('can’t tell who you are');
  });
});
