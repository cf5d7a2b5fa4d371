import { Component, inject } from '@angular/core';
import { MatButton } from '@angular/material/button';
import {
  MAT_DIALOG_DATA,
  type MatDialog,
  MatDialogActions,
  MatDialogClose,
  MatDialogContent,
  MatDialogTitle,
} from '@angular/material/dialog';
import { firstValueFrom } from 'rxjs';

/** What is about to happen, in words that say what it means. */
export interface Confirmation {
  readonly heading: string;
  readonly consequence: string;
  /** The verb on the button. */
  readonly action: string;
}

@Component({
  selector: 'fk-confirm-dialog',
  imports: [MatButton, MatDialogActions, MatDialogClose, MatDialogContent, MatDialogTitle],
  template: `
    <h2 mat-dialog-title>{{ asked.heading }}</h2>
    <mat-dialog-content>{{ asked.consequence }}</mat-dialog-content>
    <mat-dialog-actions align="end">
      <button matButton type="button" mat-dialog-close>Cancel</button>
      <button matButton="filled" type="button" class="danger" [mat-dialog-close]="true">{{ asked.action }}</button>
    </mat-dialog-actions>
  `,
})
export class ConfirmDialog {
  protected readonly asked = inject<Confirmation>(MAT_DIALOG_DATA);
}

/** Asks before something that can't be undone; true when the person agreed. */
export async function confirm(dialog: MatDialog, asked: Confirmation): Promise<boolean> {
  const opened = dialog.open<ConfirmDialog, Confirmation, boolean>(ConfirmDialog, {
    data: asked,
    width: '440px',
    role: 'alertdialog',
  });
  return (await firstValueFrom(opened.afterClosed())) === true;
}
