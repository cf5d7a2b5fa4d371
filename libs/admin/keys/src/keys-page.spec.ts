import { beforeEach, describe, expect, it } from '@jest/globals';
import { TestBed } from '@angular/core/testing';
import { ApiClient, ApiProblem, Session } from '@flowkeep/admin-api';
import { FakeApi, render, sampleAccount, sampleKey } from '@flowkeep/admin-testing';
import type { NativeReply } from '@flowkeep/contracts/http';
import { KeysPage } from './keys-page.ts';

type Key = NativeReply<'createKey'>['key'];

describe('the keys page', () => {
  let api: FakeApi;
  let keys: Key[];

  beforeEach(() => {
    keys = [];
    api = new FakeApi()
      .answer('session', () => sampleAccount())
      .answer('listKeys', () => ({ total: keys.length, keys, next: null }));
  });

  async function open() {
    TestBed.configureTestingModule({ providers: [{ provide: ApiClient, useValue: api }] });
    await TestBed.inject(Session).load();
    return render(KeysPage);
  }

  it('says how to begin while there is no key', async () => {
    const page = await open();
    expect(page.text()).toContain('No keys yet');
    expect(page.controls('Create your first key')).toHaveLength(1);
  });

  it('shows what a key is called, by what to recognise it, and how it is used', async () => {
    keys = [sampleKey({ totalUses: 3 }), sampleKey({ id: 'other', name: null, enabled: false })];
    const page = await open();
    const [, first, second] = [...page.element.querySelectorAll('tr')].map(({ textContent }) => textContent);
    expect(first).toMatch(/billing.*fk_AbCdE…wXyZ.*3/s);
    expect(second).toMatch(/Key fk_AbCdE.*Disabled/s);
  });

  it('marks what has expired', async () => {
    keys = [sampleKey({ expiresAt: Date.now() - 1 })];
    expect((await open()).text()).toContain('Expired');
  });

  it('says why it could not load, and tries again', async () => {
    api.answer('listKeys', () => {
      throw new ApiProblem({ title: 'The server is busy.', status: 503, code: 'busy' });
    });
    const page = await open();
    expect(page.text()).toContain('The server is busy.');
    api.answer('listKeys', () => ({ total: 0, keys: [], next: null }));
    await page.click('Try again');
    expect(page.text()).toContain('No keys yet');
  });

  it('shows a new key until the person says that it is stored, then never again', async () => {
    api.answer('createKey', () => {
      keys = [sampleKey()];
      return { key: sampleKey(), secret: 'fk_the_whole_secret' };
    });
    const page = await open();
    await page.click('Create key');
    await page.fill('Name', 'billing');
    await page.submit();
    expect(page.text()).toContain('fk_the_whole_secret');
    document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', bubbles: true }));
    await page.settle();
    expect(page.text()).toContain('fk_the_whole_secret');
    await page.click('I stored it');
    expect(page.text()).not.toContain('fk_the_whole_secret');
    expect(page.text()).toContain('billing');
  });

  describe('revokes a key', () => {
    beforeEach(() => {
      keys = [sampleKey()];
      api.answer('deleteKey', ({ params }) => {
        keys = [];
        return { keyId: params.keyId, revision: 2 };
      });
    });

    it('after asking', async () => {
      const page = await open();
      await page.click('Revoke billing');
      await page.click('Revoke key');
      expect(api.asked('deleteKey')).toEqual([{ params: { keyId: sampleKey().id } }]);
      expect(page.text()).toContain('No keys yet');
    });

    it('only when the person agrees', async () => {
      const page = await open();
      await page.click('Revoke billing');
      await page.click('Cancel');
      expect(api.asked('deleteKey')).toEqual([]);
    });

    it('or says why not', async () => {
      api.answer('deleteKey', () => {
        throw new ApiProblem({ title: 'API Key not found', status: 404, code: 'key_not_found' });
      });
      const page = await open();
      await page.click('Revoke billing');
      await page.click('Revoke key');
      expect(page.element.querySelector('[role=alert]')?.textContent).toContain('API Key not found');
    });
  });

  it('offers nothing that the person may not do', async () => {
    keys = [sampleKey()];
    api.answer('session', () => ({ ...sampleAccount(), permissions: ['keys:view'] }));
    const page = await open();
    expect(page.controls('Create key')).toEqual([]);
    expect(page.controls('Revoke billing')).toEqual([]);
  });
});
