import { Component, input } from '@angular/core';

/** A page with nothing but one card, for what comes before everything else. */
@Component({
  selector: 'fk-account-card',
  template: `
    <main id="content" tabindex="-1">
      <img src="favicon.svg" alt="" width="40" height="40" />
      <h1>{{ heading() }}</h1>
      @if (about(); as about) {
        <p>{{ about }}</p>
      }
      <ng-content />
    </main>
  `,
  styleUrl: './account-card.scss',
})
export class AccountCard {
  readonly heading = input.required<string>();
  readonly about = input<string>();
}
