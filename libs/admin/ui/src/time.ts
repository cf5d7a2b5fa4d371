import { Component, computed, input } from '@angular/core';

const format = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });
const dayFormat = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' });

/** A point in time as the reader writes it; the exact one is in the tooltip. */
@Component({
  selector: 'fk-time',
  template: `
    @if (at(); as at) {
      <time [attr.datetime]="iso()" [title]="exact()">{{ text() }}</time>
    } @else {
      {{ never() }}
    }
  `,
  styles: `
    :host {
      white-space: nowrap;
    }
  `,
})
export class Time {
  /** Milliseconds since 1970; null for never. */
  readonly at = input.required<number | null>();
  readonly never = input('Never');
  readonly withTime = input(false);

  private readonly date = computed(() => new Date(this.at() ?? 0));
  protected readonly iso = computed(() => this.date().toISOString());
  protected readonly exact = computed(() => format.format(this.date()));
  protected readonly text = computed(() => (this.withTime() ? format : dayFormat).format(this.date()));
}
