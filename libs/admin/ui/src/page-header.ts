import { Component, input } from '@angular/core';

/** The heading of a page, a sentence about it, and on the right what can be done. */
@Component({
  selector: 'fk-page-header',
  template: `
    <div>
      <h1>{{ heading() }}</h1>
      @if (about(); as about) {
        <p>{{ about }}</p>
      }
    </div>
    <div class="actions"><ng-content /></div>
  `,
  styleUrl: './page-header.scss',
})
export class PageHeader {
  readonly heading = input.required<string>();
  readonly about = input<string>();
}
