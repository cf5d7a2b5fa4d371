import { Component, computed, inject, resource, signal } from '@angular/core';
import { MatButton, MatIconButton } from '@angular/material/button';
import { MatDialog } from '@angular/material/dialog';
import { MatSnackBar } from '@angular/material/snack-bar';
import { RouterLink } from '@angular/router';
import { ApiClient, ApiProblem, sentenceOf, Session } from '@flowkeep/admin-api';
import { confirm, EmptyState, Icon, LoadState, Notice, PageHeader, Time } from '@flowkeep/admin-ui';
import { firstValueFrom } from 'rxjs';
import { type Variable, VariableDialog } from './variable-dialog.ts';
import { inWords, loadUses, shortened } from './variable-uses.ts';

/** Values that flows take by name: credentials, which nobody reads back, and generic ones. */
@Component({
  selector: 'fk-variables-page',
  imports: [EmptyState, Icon, LoadState, MatButton, MatIconButton, Notice, PageHeader, RouterLink, Time],
  templateUrl: './variables-page.html',
  styleUrl: './variables-page.scss',
})
export class VariablesPage {
  private readonly api = inject(ApiClient);
  private readonly session = inject(Session);
  private readonly dialog = inject(MatDialog);
  private readonly snackBar = inject(MatSnackBar);

  protected readonly list = resource({ loader: () => this.api.call('listVariables', { query: { take: 1000 } }) });
  protected readonly uses = resource({ loader: () => loadUses(this.api) });
  /** Undefined while nobody knows. */
  protected readonly knownUses = computed(() => (this.uses.hasValue() ? this.uses.value() : undefined));
  protected readonly shortened = shortened;
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
    const use = this.knownUses()?.get(name);
    const flows = use === undefined ? 'Flows that take it by name' : `It is used by ${inWords(use)}. They`;
    const agreed = await confirm(this.dialog, {
      heading: `Delete “${name}”?`,
      consequence: `${flows} fail until there is one of that name again. This can’t be undone.`,
      action: 'Delete variable',
    });
    if (!agreed) return;
    this.problem.set(null);
    try {
      // Only what the person was told of may fail.
      const query = { force: use === undefined ? 'false' : 'true' } as const;
      await this.api.call('deleteVariable', { params: { variableId: id }, query });
      this.snackBar.open(`“${name}” was deleted.`, undefined, { duration: 4_000 });
    } catch (error) {
      const inUse = error instanceof ApiProblem && error.code === 'variable_in_use';
      this.problem.set(inUse ? `Flows use “${name}” by now. See which, and delete it again.` : sentenceOf(error));
    }
    this.list.reload();
    this.uses.reload();
  }
}
