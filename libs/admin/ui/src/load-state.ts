import { Component, computed, input, output } from '@angular/core';
import { MatButton } from '@angular/material/button';
import { sentenceOf } from '@flowkeep/admin-api';
import { Notice } from './notice.ts';

/** What stands where data will be: bars while they load, or why they could not be loaded and a way to try again. */
@Component({
  selector: 'fk-load-state',
  imports: [MatButton, Notice],
  template: `
    @if (sentence(); as sentence) {
      <fk-notice>
        <p>{{ sentence }}</p>
        <button matButton="outlined" type="button" (click)="retry.emit()">Try again</button>
      </fk-notice>
    } @else {
      <div class="bars" role="status" aria-label="Loading">
        <span></span>
        <span></span>
        <span></span>
      </div>
    }
  `,
  styleUrl: './load-state.scss',
})
export class LoadState {
  readonly error = input<unknown>();
  readonly retry = output();

  protected readonly sentence = computed(() => {
    const error = this.error();
    return error === undefined ? null : sentenceOf(error);
  });
}
