import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { MatDialogRef } from '@angular/material/dialog';
import { ApiClient, ApiProblem } from '@flowkeep/admin-api';
import { FakeApi, render, sampleKey } from '@flowkeep/admin-testing';
import { CreateKeyDialog } from './create-key-dialog.ts';

const now = Date.UTC(2026, 0, 1);

describe('making a key', () => {
  const close = jest.fn();
  const created = { key: sampleKey(), secret: 'fk_secret' };
  let api: FakeApi;

  beforeEach(() => {
    close.mockReset();
    jest.spyOn(Date, 'now').mockReturnValue(now);
    api = new FakeApi().answer('createKey', () => created);
  });

  afterEach(() => {
    jest.restoreAllMocks();
  });

  const open = () =>
    render(CreateKeyDialog, [
      { provide: ApiClient, useValue: api },
      { provide: MatDialogRef, useValue: { close } },
    ]);

  async function choose(page: Awaited<ReturnType<typeof open>>, grant: string) {
    page.element.querySelector<HTMLInputElement>(`input[type=radio][value=${grant}]`)?.click();
    await page.settle();
  }

  it.each([
    ['run', 'never', { permissions: ['runs:create'], expiresAt: null }],
    ['everything', '30', { permissions: ['*'], expiresAt: now + 30 * 86_400_000 }],
  ])('that may %s and ends %s', async (grant, expiry, body) => {
    const page = await open();
    await page.fill('Name', 'billing');
    await page.fill('Expires', expiry);
    await choose(page, grant);
    await page.submit();
    expect(api.asked('createKey')).toEqual([{ body: { name: 'billing', ...body } }]);
    expect(close).toHaveBeenCalledWith(created);
  });

  it('needs a name', async () => {
    const page = await open();
    await page.submit();
    expect(page.text()).toContain('Name the program that will use it.');
    expect(api.calls).toEqual([]);
  });

  it('stays open and says why when the server refuses', async () => {
    api.answer('createKey', () => {
      throw new ApiProblem({ title: 'Not enough privileges', status: 403, code: 'insufficient_permission' });
    });
    const page = await open();
    await page.fill('Name', 'billing');
    await page.submit();
    expect(page.text()).toContain('Not enough privileges');
    expect(close).not.toHaveBeenCalled();
  });
});
