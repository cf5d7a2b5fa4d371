import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import { TestBed } from '@angular/core/testing';
import { Router } from '@angular/router';
import { ApiProblem, Session } from '@flowkeep/admin-api';
import { SignInPage } from './sign-in-page.ts';

describe('the sign-in page', () => {
  const signIn = jest.fn<Session['signIn']>();
  const navigateByUrl = jest.fn<Router['navigateByUrl']>();

  async function open(next?: string) {
    TestBed.configureTestingModule({
      providers: [
        { provide: Session, useValue: { signIn } },
        { provide: Router, useValue: { navigateByUrl } },
      ],
    });
    const fixture = TestBed.createComponent(SignInPage);
    fixture.componentRef.setInput('next', next);
    await fixture.whenStable();
    const page = fixture.nativeElement as HTMLElement;
    return {
      text: () => page.textContent,
      enter: (index: number, value: string) => {
        const input = page.querySelectorAll('input')[index] as HTMLInputElement;
        input.value = value;
        input.dispatchEvent(new Event('input'));
      },
      submit: async () => {
        page.querySelector('form')?.dispatchEvent(new Event('submit', { cancelable: true }));
        await fixture.whenStable();
      },
    };
  }

  beforeEach(() => {
    signIn.mockReset();
    navigateByUrl.mockReset().mockResolvedValue(true);
  });

  it('signs in and goes on to where the visitor was going', async () => {
    const page = await open('/settings/api-keys');
    page.enter(0, ' ada ');
    page.enter(1, 'correct horse');
    await page.submit();
    expect(signIn).toHaveBeenCalledWith('ada', 'correct horse');
    expect(navigateByUrl).toHaveBeenCalledWith('/settings/api-keys');
  });

  it('never leaves for another site', async () => {
    const page = await open('//elsewhere.example');
    page.enter(0, 'ada');
    page.enter(1, 'correct horse');
    await page.submit();
    expect(navigateByUrl).toHaveBeenCalledWith('/flows');
  });

  it('says what is missing and asks nothing', async () => {
    const page = await open();
    await page.submit();
    expect(page.text()).toContain('Enter your user name.');
    expect(page.text()).toContain('Enter your password.');
    expect(signIn).not.toHaveBeenCalled();
  });

  it('shows why it was refused and lets one try again', async () => {
    const page = await open();
    signIn.mockRejectedValueOnce(new ApiProblem({ title: 'Incorrect username or password', status: 401, code: 'x' }));
    page.enter(0, 'ada');
    page.enter(1, 'wrong');
    await page.submit();
    expect(page.text()).toContain('Incorrect username or password');
    await page.submit();
    expect(page.text()).not.toContain('Incorrect username or password');
    expect(navigateByUrl).toHaveBeenCalledWith('/flows');
  });
});
