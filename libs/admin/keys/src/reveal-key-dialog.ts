import { Component, inject } from '@angular/core';
import { MatButton } from '@angular/material/button';
import {
  MAT_DIALOG_DATA,
  MatDialogActions,
  MatDialogClose,
  MatDialogContent,
  MatDialogTitle,
} from '@angular/material/dialog';
import { CopyButton, Notice } from '@flowkeep/admin-ui';

/** The only time a new key is seen. */
@Component({
  selector: 'fk-reveal-key-dialog',
  imports: [CopyButton, MatButton, MatDialogActions, MatDialogClose, MatDialogContent, MatDialogTitle, Notice],
  template: `
    <h2 mat-dialog-title>Your new API key</h2>
    <mat-dialog-content>
      <fk-notice kind="warning">Copy it now and keep it in a safe place. It is not shown again.</fk-notice>
      <div class="secret">
        <code>{{ secret }}</code>
        <fk-copy-button what="the key" [text]="secret" />
      </div>
    </mat-dialog-content>
    <mat-dialog-actions align="end">
      <button matButton="filled" type="button" mat-dialog-close>I stored it</button>
    </mat-dialog-actions>
  `,
  styleUrl: './reveal-key-dialog.scss',
})
export class RevealKeyDialog {
  protected readonly secret = inject<string>(MAT_DIALOG_DATA);
}
