import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import { MAT_DIALOG_DATA, MatDialogRef } from '@angular/material/dialog';
import { ApiClient, ApiProblem } from '@flowkeep/admin-api';
import { FakeApi, render, sampleVariable } from '@flowkeep/admin-testing';
import { type Variable, VariableDialog } from './variable-dialog.ts';

describe('the variable dialog', () => {
  const close = jest.fn();
  let api: FakeApi;

  beforeEach(() => {
    close.mockReset();
    api = new FakeApi()
      .answer('createVariable', () => sampleVariable())
      .answer('updateVariable', () => sampleVariable());
  });

  const open = (existing: Variable | null) =>
    render(VariableDialog, [
      { provide: ApiClient, useValue: api },
      { provide: MatDialogRef, useValue: { close } },
      { provide: MAT_DIALOG_DATA, useValue: existing },
    ]);

  async function choose(page: Awaited<ReturnType<typeof open>>, kind: string) {
    page.element.querySelector<HTMLInputElement>(`input[type=radio][value=${kind}]`)?.click();
    await page.settle();
  }

  async function addField(page: Awaited<ReturnType<typeof open>>, name: string) {
    const input = page.element.querySelector<HTMLInputElement>('input[placeholder^="Field name"]') as HTMLInputElement;
    input.value = name;
    input.dispatchEvent(new Event('input'));
    const enter = new KeyboardEvent('keydown', { key: 'Enter', bubbles: true });
    Object.defineProperty(enter, 'keyCode', { value: 13 });
    input.dispatchEvent(enter);
    await page.settle();
  }

  it('makes a credential with the fields it applies to', async () => {
    const page = await open(null);
    await page.fill('Name', 'OPENAI_API_KEY');
    await page.fill('Value', 'sk-secret');
    await addField(page, ' OpenAI API Key ');
    await addField(page, 'OpenAI API Key');
    await addField(page, 'Token');
    await page.click('Remove Token');
    await page.submit();
    const body = { name: 'OPENAI_API_KEY', kind: 'credential', value: 'sk-secret', defaultFields: ['OpenAI API Key'] };
    expect(api.asked('createVariable')).toEqual([{ body }]);
    expect(close).toHaveBeenCalledWith(sampleVariable());
  });

  it('hides a credential while it is typed, and shows a generic value', async () => {
    const page = await open(null);
    expect(page.element.querySelectorAll('input[type=password]')).toHaveLength(1);
    await choose(page, 'generic');
    expect(page.element.querySelectorAll('input[type=password]')).toHaveLength(0);
  });

  it('keeps a stored credential whose value is left empty', async () => {
    const page = await open(sampleVariable());
    await page.fill('Name', 'RENAMED');
    await page.submit();
    const body = { name: 'RENAMED', kind: 'credential', defaultFields: [] };
    expect(api.asked('updateVariable')).toEqual([{ params: { variableId: sampleVariable().id }, body }]);
  });

  it('replaces a credential by a new one', async () => {
    const page = await open(sampleVariable());
    await page.fill('Value', 'sk-new');
    await page.submit();
    expect(api.asked('updateVariable')).toMatchObject([{ body: { value: 'sk-new' } }]);
  });

  it('wants a new value for a credential that becomes readable', async () => {
    const page = await open(sampleVariable());
    await choose(page, 'generic');
    await page.submit();
    expect(page.text()).toContain('Enter a value.');
    expect(api.calls).toEqual([]);
  });

  it('shows a generic value to whoever edits it', async () => {
    const page = await open(sampleVariable({ kind: 'generic', value: 'eu-1' }));
    expect([...page.element.querySelectorAll('input')].map(({ value }) => value)).toContain('eu-1');
  });

  it('stays open and says why when the server refuses', async () => {
    api.answer('createVariable', () => {
      throw new ApiProblem({ title: 'This name is already in use.', status: 409, code: 'name_taken' });
    });
    const page = await open(null);
    await page.fill('Name', 'X');
    await page.fill('Value', 'y');
    await page.submit();
    expect(page.text()).toContain('This name is already in use.');
    expect(close).not.toHaveBeenCalled();
  });
});
