import { Component, input, output } from '@angular/core';
import { MatButton, MatIconButton } from '@angular/material/button';
import { RouterLink } from '@angular/router';
import { Icon } from '@flowkeep/admin-ui';
import type { ImportOutcome } from './import-outcome.ts';
import type { SecretToName } from './name-secret-dialog.ts';

/** What an import stored, which secrets it took out, which fields take a variable, and what it refused. */
@Component({
  selector: 'fk-import-report',
  imports: [Icon, MatButton, MatIconButton, RouterLink],
  templateUrl: './import-report.html',
  styleUrl: './import-report.scss',
})
export class ImportReport {
  readonly outcomes = input.required<readonly ImportOutcome[]>();
  /** Whether the person may make variables of secrets. */
  readonly mayName = input(false);
  readonly named = output<SecretToName>();
  readonly dismissed = output();
}
