import { Component, computed, input } from '@angular/core';

/** Drawn on a grid of 24 with lines of 1.75. */
const paths = {
  flows: 'M3.5 4.5h7v6h-7zM13.5 13.5h7v6h-7zM7 10.5v3a3 3 0 0 0 3 3h3.5',
  key: 'M8 19.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9zM11.3 11.9 19.5 4M16.5 7l3 3M13.8 9.5l2 2',
  variable:
    'M8 4.5C5.5 5 6.5 9 6 10.5s-1.5 1.5-2 1.5c.5 0 1.5 0 2 1.5s-.5 5.5 2 6M16 4.5c2.5.5 1.5 4.5 2 6s1.5 1.5 2 1.5c-.5 0-1.5 0-2 1.5s.5 5.5-2 6M10 9.5l4 5M14 9.5l-4 5',
  account: 'M12 12a3.75 3.75 0 1 0 0-7.5 3.75 3.75 0 0 0 0 7.5zM5 19.5c1-3.2 3.7-4.5 7-4.5s6 1.3 7 4.5',
  plus: 'M12 5v14M5 12h14',
  upload: 'M12 16V5M7.5 9 12 4.5 16.5 9M5 15.5v3.5h14v-3.5',
  trash: 'M4.5 7h15M9.5 7V4.5h5V7M6.5 7l.8 12.5h9.4L17.5 7M10.2 10.5v5.5M13.8 10.5v5.5',
  edit: 'M4.5 19.5l.8-4L15.8 5l3.2 3.2L8.5 18.7zM13.5 7.3l3.2 3.2',
  copy: 'M9 9h10.5v10.5H9zM15 9V4.5H4.5V15H9',
  check: 'M5 12.5l4.5 4.5L19 7.5',
  close: 'M6 6l12 12M18 6L6 18',
  send: 'M12 19V5.5M6 11l6-6 6 6',
  stop: 'M7.5 7.5h9v9h-9z',
  refresh: 'M19 12a7 7 0 1 1-2.2-5.1M19 4v4.5h-4.5',
  warning: 'M12 4.5 21 19.5H3zM12 10v4.5M12 17h.01',
  code: 'M8.5 7.5 4 12l4.5 4.5M15.5 7.5 20 12l-4.5 4.5',
  back: 'M19 12H5.5M11 6l-6 6 6 6',
  eye: 'M3 12c2-4 5.2-6 9-6s7 2 9 6c-2 4-5.2 6-9 6s-7-2-9-6zM12 14.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5z',
  chat: 'M4.5 5.5h15v10.5H12l-4.5 4v-4h-3z',
} as const;

export type IconName = keyof typeof paths;

/** A picture beside a text; never the only thing that says what a control does. */
@Component({
  selector: 'fk-icon',
  host: { 'aria-hidden': 'true' },
  template: `<svg viewBox="0 0 24 24" focusable="false"><path [attr.d]="path()" /></svg>`,
  styles: `
    :host {
      display: inline-flex;
      flex: none;
      width: 20px;
      height: 20px;
    }
    svg {
      width: 100%;
      height: 100%;
      fill: none;
      stroke: currentColor;
      stroke-width: 1.75;
      stroke-linecap: round;
      stroke-linejoin: round;
    }
  `,
})
export class Icon {
  readonly name = input.required<IconName>();

  protected readonly path = computed(() => paths[this.name()]);
}
