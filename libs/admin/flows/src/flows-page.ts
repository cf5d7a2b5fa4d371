import { Component, inject, resource, signal } from '@angular/core';
import { MatButton, MatIconButton } from '@angular/material/button';
import { MatDialog } from '@angular/material/dialog';
import { MatSnackBar } from '@angular/material/snack-bar';
import { RouterLink } from '@angular/router';
import { ApiClient, sentenceOf, Session } from '@flowkeep/admin-api';
import { confirm, EmptyState, Icon, LoadState, Notice, PageHeader, Time } from '@flowkeep/admin-ui';
import type { NativeReply } from '@flowkeep/contracts/http';
import { firstValueFrom } from 'rxjs';
import { FlowFileError, readFlowFile } from './flow-file.ts';
import { type ImportOutcome, outcomeOf, withNamed } from './import-outcome.ts';
import { ImportReport } from './import-report.ts';
import { type NamedSecret, NameSecretDialog, type SecretToName } from './name-secret-dialog.ts';

type Flow = NativeReply<'listFlows'>['flows'][number];

/** The flows of the workspace: bring some in, open one, delete one. */
@Component({
  selector: 'fk-flows-page',
  imports: [EmptyState, Icon, ImportReport, LoadState, MatButton, MatIconButton, Notice, PageHeader, RouterLink, Time],
  templateUrl: './flows-page.html',
  styleUrl: './flows-page.scss',
})
export class FlowsPage {
  private readonly api = inject(ApiClient);
  private readonly session = inject(Session);
  private readonly dialog = inject(MatDialog);
  private readonly snackBar = inject(MatSnackBar);

  protected readonly list = resource({ loader: () => this.api.call('listFlows', { query: { take: 1000 } }) });
  protected readonly problem = signal<string | null>(null);
  protected readonly importing = signal(false);
  protected readonly outcomes = signal<readonly ImportOutcome[]>([]);
  /** Whether files are held over the page. */
  protected readonly dropping = signal(false);
  protected readonly mayImport = this.session.may('flows:create');
  protected readonly mayDelete = this.session.may('flows:delete');
  protected readonly mayName = this.session.may('flows:update') && this.session.may('variables:create');

  protected dragOver(event: DragEvent): void {
    if (!this.mayImport || event.dataTransfer?.types.includes('Files') !== true) return;
    event.preventDefault();
    this.dropping.set(true);
  }

  protected async drop(event: DragEvent): Promise<void> {
    event.preventDefault();
    this.dropping.set(false);
    await this.importFiles(event.dataTransfer?.files ?? null);
  }

  protected async choose(input: HTMLInputElement): Promise<void> {
    await this.importFiles(input.files);
    // The same file may be chosen again.
    input.value = '';
  }

  protected async name(wanted: SecretToName): Promise<void> {
    const dialog = this.dialog.open<NameSecretDialog, SecretToName, NamedSecret>(NameSecretDialog, {
      data: wanted,
      width: '520px',
    });
    const named = await firstValueFrom(dialog.afterClosed());
    if (named === undefined) return;
    this.outcomes.update((outcomes) => outcomes.map((outcome) => withNamed(outcome, wanted, named)));
    this.snackBar.open(`“${named.variable}” was saved.`, undefined, { duration: 4_000 });
  }

  protected async delete({ id, name }: Flow): Promise<void> {
    const agreed = await confirm(this.dialog, {
      heading: `Delete “${name}”?`,
      consequence:
        'Its versions, runs and messages go with it. Programs that call it get “not found”. This can’t be undone.',
      action: 'Delete flow',
    });
    if (!agreed) return;
    this.problem.set(null);
    try {
      await this.api.call('deleteFlow', { params: { flowId: id } });
      this.snackBar.open(`“${name}” was deleted.`, undefined, { duration: 4_000 });
    } catch (error) {
      this.problem.set(sentenceOf(error));
    }
    this.list.reload();
  }

  /** One request per file: a bad one does not keep the others out. */
  private async importFiles(files: FileList | null): Promise<void> {
    if (!this.mayImport || this.importing() || files === null || files.length === 0) return;
    this.importing.set(true);
    this.outcomes.set([]);
    for (const file of files) {
      const outcome = await this.importFile(file);
      this.outcomes.update((outcomes) => [...outcomes, outcome]);
    }
    this.importing.set(false);
    this.list.reload();
  }

  private async importFile(file: File): Promise<ImportOutcome> {
    try {
      return outcomeOf(file.name, await this.api.call('importFlows', { body: await readFlowFile(file) }));
    } catch (error) {
      const problem = error instanceof FlowFileError ? error.message : sentenceOf(error);
      return { file: file.name, flows: [], problem };
    }
  }
}
