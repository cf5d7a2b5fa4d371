import { expect, it } from '@jest/globals';
import { MAT_DIALOG_DATA, MatDialogRef } from '@angular/material/dialog';
import { render } from '@flowkeep/admin-testing';
import { RevealKeyDialog } from './reveal-key-dialog.ts';

it('a new key is shown with a warning and can be copied', async () => {
  const page = await render(RevealKeyDialog, [
    { provide: MAT_DIALOG_DATA, useValue: 'fk_secret' },
    { provide: MatDialogRef, useValue: { close: () => undefined } },
  ]);
  expect(page.element.querySelector('code')?.textContent).toBe('fk_secret');
  expect(page.text()).toContain('It is not shown again.');
  expect(page.controls('Copy the key')).toHaveLength(1);
});
