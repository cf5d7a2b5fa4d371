import { Component } from '@angular/core';
import { RouterLink } from '@angular/router';

@Component({
  selector: 'fk-not-found-page',
  imports: [RouterLink],
  template: `
    <main id="content" tabindex="-1">
      <p class="code">404</p>
      <h1>There is no page here</h1>
      <p>The address may have a slip of the pen, or what it named is gone.</p>
      <a routerLink="/flows">Go to your flows</a>
    </main>
  `,
  styles: `
    main {
      max-width: 44ch;
      margin: 20dvh auto 0;
      padding: 24px;
    }
    .code {
      margin: 0;
      color: var(--fk-muted);
      font-variant-numeric: tabular-nums;
    }
    h1 {
      margin: 4px 0 8px;
      font-size: 24px;
      line-height: 32px;
    }
    p {
      color: var(--fk-muted);
    }
  `,
})
export class NotFoundPage {}
