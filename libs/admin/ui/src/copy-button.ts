import { Clipboard } from '@angular/cdk/clipboard';
import { Component, DestroyRef, inject, input, signal } from '@angular/core';
import { MatButton } from '@angular/material/button';
import { Icon } from './icon.ts';

const shownMs = 2_000;

/** Copies a text and says so for a moment. */
@Component({
  selector: 'fk-copy-button',
  imports: [Icon, MatButton],
  template: `
    <button matButton="outlined" type="button" (click)="copy()">
      <fk-icon matButtonIcon [name]="copied() ? 'check' : 'copy'" />{{ copied() ? 'Copied' : 'Copy'
      }}<span class="visually-hidden"> {{ what() }}</span>
    </button>
    <span class="visually-hidden" role="status">{{ copied() ? 'Copied' : '' }}</span>
  `,
})
export class CopyButton {
  private readonly clipboard = inject(Clipboard);
  private timer: ReturnType<typeof setTimeout> | undefined;

  readonly text = input.required<string>();
  /** What is copied, for screen readers: `the key`. */
  readonly what = input.required<string>();

  protected readonly copied = signal(false);

  constructor() {
    inject(DestroyRef).onDestroy(() => clearTimeout(this.timer));
  }

  protected copy(): void {
    if (!this.clipboard.copy(this.text())) return;
    this.copied.set(true);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.copied.set(false), shownMs);
  }
}
