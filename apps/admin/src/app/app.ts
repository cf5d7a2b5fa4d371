import { Component } from '@angular/core';
import { RouterOutlet } from '@angular/router';

/** The portal: whatever page its address names. */
@Component({
  selector: 'fk-root',
  imports: [RouterOutlet],
  template: '<router-outlet />',
})
export class App {}
