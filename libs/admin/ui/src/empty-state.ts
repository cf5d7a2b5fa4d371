import { Component, input } from '@angular/core';
import { Icon, type IconName } from './icon.ts';

/** What a list shows while it has nothing: what it is for and how to begin. */
@Component({
  selector: 'fk-empty-state',
  imports: [Icon],
  template: `
    <span class="picture"><fk-icon [name]="icon()" /></span>
    <h2>{{ heading() }}</h2>
    <p>{{ about() }}</p>
    <ng-content />
  `,
  styleUrl: './empty-state.scss',
})
export class EmptyState {
  readonly icon = input.required<IconName>();
  readonly heading = input.required<string>();
  readonly about = input.required<string>();
}
