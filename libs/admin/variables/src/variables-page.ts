import { Component, inject, resource, signal } from '@angular/core';
import { MatButton, MatIconButton } from '@angular/material/button';
import { MatDialog } from '@angular/material/dialog';
import { MatSnackBar } from '@angular/material/snack-bar';
import { ApiClient, sentenceOf, Session } from '@flowkeep/admin-api';
import { confirm, EmptyState, Icon, LoadState, Notice, PageHeader, Time } from '@flowkeep/admin-ui';
import { firstValueFrom } from 'rxjs';
import { type Variable, VariableDialog } from './variable-dialog.ts';

/** Values that flows take by name: credentials, which nobody reads back, and generic ones. */
@Component({
  selector: 'fk-variables-page',
  imports: [EmptyState, Icon, LoadState, MatButton, MatIconButton, Notice, PageHeader, Time],
  templateUrl: './variables-page.html',
  styleUrl: './variables-page.scss',
})
export class VariablesPage {
  private readonly api = inject(ApiClient);
  private readonly session = inject(Session);
  private readonly dialog = inject(MatDialog);
  private readonly snackBar = inject(MatSnackBar);

  protected readonly list = resource({ loader: () => this.api.call('listVariables', { query: { take: 1000 } }) });
  protected readonly problem = signal<string | null>(null);
  protected readonly mayCreate = this.session.may('variables:create');
  protected readonly mayUpdate = this.session.may('variables:update');
  protected readonly mayDelete = this.session.may('variables:delete');

  /** Opens the dialog for a variable, or for a new one. */
  protected async edit(variable: Variable | null): Promise<void> {
    const dialog = this.dialog.open<VariableDialog, Variable | null, Variable>(VariableDialog, {
      data: variable,
      width: '520px',
    });
    const saved = await firstValueFrom(dialog.afterClosed());
    if (saved === undefined) return;
    this.snackBar.open(`“${saved.name}” was saved.`, undefined, { duration: 4_000 });
    this.list.reload();
  }

  protected async delete({ id, name }: Variable): Promise<void> {
    const agreed = await confirm(this.dialog, {
      heading: `Delete “${name}”?`,
      consequence: 'Flows that take it by name fail until there is one of that name again. This can’t be undone.',
      action: 'Delete variable',
    });
    if (!agreed) return;
    this.problem.set(null);
    try {
      await this.api.call('deleteVariable', { params: { variableId: id } });
      this.snackBar.open(`“${name}” was deleted.`, undefined, { duration: 4_000 });
    } catch (error) {
      this.problem.set(sentenceOf(error));
    }
    this.list.reload();
  }
}
