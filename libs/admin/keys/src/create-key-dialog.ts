import { Component, inject, signal } from '@angular/core';
import { form, FormField, FormRoot, maxLength, required } from '@angular/forms/signals';
import { MatButton } from '@angular/material/button';
import {
  MatDialogActions,
  MatDialogClose,
  MatDialogContent,
  MatDialogRef,
  MatDialogTitle,
} from '@angular/material/dialog';
import { MatError, MatFormField, MatHint, MatInput, MatLabel } from '@angular/material/input';
import { MatRadioButton, MatRadioGroup } from '@angular/material/radio';
import { ApiClient, sentenceOf } from '@flowkeep/admin-api';
import { Notice } from '@flowkeep/admin-ui';
import type { NativeReply } from '@flowkeep/contracts/http';
import { expiryAt, expiryPresets } from './expiry.ts';

/** What a key may do, as the dialog offers it. */
const grants = {
  run: ['runs:create'],
  everything: ['*'],
};

@Component({
  selector: 'fk-create-key-dialog',
  imports: [
    FormField,
    FormRoot,
    MatButton,
    MatDialogActions,
    MatDialogClose,
    MatDialogContent,
    MatDialogTitle,
    MatError,
    MatFormField,
    MatHint,
    MatInput,
    MatLabel,
    MatRadioButton,
    MatRadioGroup,
    Notice,
  ],
  templateUrl: './create-key-dialog.html',
  styleUrl: './create-key-dialog.scss',
})
export class CreateKeyDialog {
  private readonly api = inject(ApiClient);
  private readonly dialog = inject<MatDialogRef<CreateKeyDialog, NativeReply<'createKey'>>>(MatDialogRef);

  protected readonly presets = expiryPresets;
  protected readonly problem = signal<string | null>(null);

  protected readonly form = form(
    signal<{ name: string; grant: keyof typeof grants; expiry: string }>({ name: '', grant: 'run', expiry: 'never' }),
    (path) => {
      required(path.name, { message: 'Name the program that will use it.' });
      maxLength(path.name, 255, { message: 'Use at most 255 characters.' });
    },
    { submission: { action: () => this.create() } },
  );

  private async create(): Promise<void> {
    const { name, grant, expiry } = this.form().value();
    this.problem.set(null);
    try {
      const body = { name, permissions: grants[grant], expiresAt: expiryAt(expiry, Date.now()) };
      this.dialog.close(await this.api.call('createKey', { body }));
    } catch (error) {
      this.problem.set(sentenceOf(error));
    }
  }
}
