import { Component, inject, resource, signal } from '@angular/core';
import { MatButton, MatIconButton } from '@angular/material/button';
import { MatDialog } from '@angular/material/dialog';
import { MatSnackBar } from '@angular/material/snack-bar';
import { ApiClient, sentenceOf, Session } from '@flowkeep/admin-api';
import { confirm, EmptyState, Icon, LoadState, Notice, PageHeader, Time } from '@flowkeep/admin-ui';
import type { NativeReply } from '@flowkeep/contracts/http';
import { firstValueFrom } from 'rxjs';
import { CreateKeyDialog } from './create-key-dialog.ts';
import { RevealKeyDialog } from './reveal-key-dialog.ts';

type Key = NativeReply<'listKeys'>['keys'][number];

/** The caller's API keys: make one, see its use, revoke it. */
@Component({
  selector: 'fk-keys-page',
  imports: [EmptyState, Icon, LoadState, MatButton, MatIconButton, Notice, PageHeader, Time],
  templateUrl: './keys-page.html',
})
export class KeysPage {
  private readonly api = inject(ApiClient);
  private readonly session = inject(Session);
  private readonly dialog = inject(MatDialog);
  private readonly snackBar = inject(MatSnackBar);

  protected readonly list = resource({ loader: () => this.api.call('listKeys', { query: { take: 1000 } }) });
  protected readonly problem = signal<string | null>(null);
  protected readonly mayCreate = this.session.may('keys:create');
  protected readonly mayDelete = this.session.may('keys:delete');

  protected statusOf({ enabled, expiresAt }: Key): 'Active' | 'Disabled' | 'Expired' {
    if (!enabled) return 'Disabled';
    return expiresAt !== null && expiresAt <= Date.now() ? 'Expired' : 'Active';
  }

  protected nameOf({ name, prefix }: Key): string {
    return name ?? `Key ${prefix}`;
  }

  protected async create(): Promise<void> {
    const dialog = this.dialog.open<CreateKeyDialog, never, NativeReply<'createKey'>>(CreateKeyDialog, {
      width: '480px',
    });
    const created = await firstValueFrom(dialog.afterClosed());
    if (created === undefined) return;
    this.list.reload();
    // Closing takes a deliberate click: the key is not shown again.
    this.dialog.open(RevealKeyDialog, { data: created.secret, disableClose: true, width: '560px' });
  }

  protected async revoke(key: Key): Promise<void> {
    const agreed = await confirm(this.dialog, {
      heading: `Revoke “${this.nameOf(key)}”?`,
      consequence: 'It stops working at once. Programs that use it are refused; this can’t be undone.',
      action: 'Revoke key',
    });
    if (!agreed) return;
    this.problem.set(null);
    try {
      await this.api.call('deleteKey', { params: { keyId: key.id } });
      this.snackBar.open('The key was revoked.', undefined, { duration: 4_000 });
    } catch (error) {
      this.problem.set(sentenceOf(error));
    }
    this.list.reload();
  }
}
