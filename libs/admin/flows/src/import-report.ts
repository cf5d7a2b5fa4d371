import { Component, input, output } from '@angular/core';
import { MatIconButton } from '@angular/material/button';
import { RouterLink } from '@angular/router';
import { Icon } from '@flowkeep/admin-ui';
import type { ImportOutcome } from './import-outcome.ts';

/** What an import stored, which secrets it took out, and what it refused. */
@Component({
  selector: 'fk-import-report',
  imports: [Icon, MatIconButton, RouterLink],
  templateUrl: './import-report.html',
  styleUrl: './import-report.scss',
})
export class ImportReport {
  readonly outcomes = input.required<readonly ImportOutcome[]>();
  readonly dismissed = output();
}
