import { Component, inject, signal } from '@angular/core';
import { form, FormField, FormRoot, maxLength, required } from '@angular/forms/signals';
import { MatButton } from '@angular/material/button';
import {
  MAT_DIALOG_DATA,
  MatDialogActions,
  MatDialogClose,
  MatDialogContent,
  MatDialogRef,
  MatDialogTitle,
} from '@angular/material/dialog';
import { MatError, MatFormField, MatHint, MatInput, MatLabel } from '@angular/material/input';
import { ApiClient, sentenceOf } from '@flowkeep/admin-api';
import { Notice } from '@flowkeep/admin-ui';
import type { ImportedFlow, LiftedSecret } from './import-outcome.ts';

/** What is to be named. */
export interface SecretToName {
  readonly flow: ImportedFlow;
  readonly secret: LiftedSecret;
}

/** What came of it. */
export interface NamedSecret {
  readonly variable: string;
  /** The flow's version now. */
  readonly version: number;
}

/** Makes a secret that an import took out of a flow a credential that other flows can take too. */
@Component({
  selector: 'fk-name-secret-dialog',
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
    Notice,
  ],
  templateUrl: './name-secret-dialog.html',
  styleUrl: './name-secret-dialog.scss',
})
export class NameSecretDialog {
  private readonly api = inject(ApiClient);
  private readonly dialog = inject<MatDialogRef<NameSecretDialog, NamedSecret>>(MatDialogRef);

  protected readonly asked = inject<SecretToName>(MAT_DIALOG_DATA);
  protected readonly problem = signal<string | null>(null);

  protected readonly form = form(
    signal({ name: '' }),
    (path) => {
      required(path.name, { message: 'Name it as other flows will.' });
      maxLength(path.name, 255, { message: 'Use at most 255 characters.' });
    },
    { submission: { action: () => this.save() } },
  );

  private async save(): Promise<void> {
    const { flow, secret } = this.asked;
    const { name } = this.form().value();
    this.problem.set(null);
    try {
      const { flow: saved } = await this.api.call('promoteSecret', {
        params: { flowId: flow.id },
        body: { nodeId: secret.nodeId, field: secret.field, name, version: flow.version },
      });
      this.dialog.close({ variable: name.trim(), version: saved.version });
    } catch (error) {
      this.problem.set(sentenceOf(error));
    }
  }
}
