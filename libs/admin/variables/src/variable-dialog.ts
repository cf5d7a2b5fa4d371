import { Component, inject, signal } from '@angular/core';
import { form, FormField, FormRoot, maxLength, required } from '@angular/forms/signals';
import { MatButton } from '@angular/material/button';
import { MatChipGrid, MatChipInput, type MatChipInputEvent, MatChipRemove, MatChipRow } from '@angular/material/chips';
import {
  MAT_DIALOG_DATA,
  MatDialogActions,
  MatDialogClose,
  MatDialogContent,
  MatDialogRef,
  MatDialogTitle,
} from '@angular/material/dialog';
import { MatError, MatFormField, MatHint, MatInput, MatLabel } from '@angular/material/input';
import { MatRadioButton, MatRadioGroup } from '@angular/material/radio';
import { ApiClient, sentenceOf } from '@flowkeep/admin-api';
import { Icon, Notice } from '@flowkeep/admin-ui';
import type { NativeReply } from '@flowkeep/contracts/http';

export type Variable = NativeReply<'listVariables'>['variables'][number];

const maxFields = 100;

/** Makes a variable, or changes one. A credential's value can only be replaced. */
@Component({
  selector: 'fk-variable-dialog',
  imports: [
    FormField,
    FormRoot,
    Icon,
    MatButton,
    MatChipGrid,
    MatChipInput,
    MatChipRemove,
    MatChipRow,
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
  templateUrl: './variable-dialog.html',
  styleUrl: './variable-dialog.scss',
})
export class VariableDialog {
  private readonly api = inject(ApiClient);
  private readonly dialog = inject<MatDialogRef<VariableDialog, Variable>>(MatDialogRef);

  /** The one that is changed; null while making a new one. */
  protected readonly existing = inject<Variable | null>(MAT_DIALOG_DATA);
  /** Whether leaving the value empty keeps the one that is stored. */
  protected readonly keepsValue = this.existing?.kind === 'credential';
  protected readonly problem = signal<string | null>(null);
  protected readonly fields = signal<readonly string[]>(this.existing?.defaultFields ?? []);

  protected readonly form = form(
    signal({
      name: this.existing?.name ?? '',
      kind: this.existing?.kind ?? 'credential',
      value: this.existing?.value ?? '',
    }),
    (path) => {
      required(path.name, { message: 'Name it as your flows will.' });
      maxLength(path.name, 255, { message: 'Use at most 255 characters.' });
      required(path.value, {
        message: 'Enter a value.',
        // A credential that becomes generic would show what was stored as unreadable.
        when: ({ valueOf }) => !this.keepsValue || valueOf(path.kind) === 'generic',
      });
      maxLength(path.value, 1_048_576, { message: 'Use at most a million characters.' });
    },
    { submission: { action: () => this.save() } },
  );

  protected addField({ value, chipInput }: MatChipInputEvent): void {
    const field = value.trim().slice(0, 255);
    if (field !== '' && !this.fields().includes(field) && this.fields().length < maxFields) {
      this.fields.update((fields) => [...fields, field]);
    }
    chipInput.clear();
  }

  protected removeField(field: string): void {
    this.fields.update((fields) => fields.filter((other) => other !== field));
  }

  private async save(): Promise<void> {
    const { name, kind, value } = this.form().value();
    const body = { name, kind, defaultFields: [...this.fields()] };
    this.problem.set(null);
    try {
      this.dialog.close(
        this.existing === null
          ? await this.api.call('createVariable', { body: { ...body, value } })
          : await this.api.call('updateVariable', {
              params: { variableId: this.existing.id },
              body: value === '' ? body : { ...body, value },
            }),
      );
    } catch (error) {
      this.problem.set(sentenceOf(error));
    }
  }
}
