import { Component, input } from '@angular/core';
import { Icon } from './icon.ts';

/** A sentence that must not be missed. Screen readers speak it when it appears. */
@Component({
  selector: 'fk-notice',
  imports: [Icon],
  host: { '[class]': 'kind()', '[attr.role]': "kind() === 'error' ? 'alert' : 'status'" },
  template: `
    <fk-icon [name]="kind() === 'success' ? 'check' : 'warning'" />
    <div><ng-content /></div>
  `,
  styleUrl: './notice.scss',
})
export class Notice {
  readonly kind = input<'error' | 'warning' | 'success'>('error');
}
