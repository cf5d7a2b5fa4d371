import { Component, computed, DOCUMENT, inject, signal } from '@angular/core';
import { takeUntilDestroyed } from '@angular/core/rxjs-interop';
import { MatButton } from '@angular/material/button';
import { MatMenu, MatMenuItem, MatMenuTrigger } from '@angular/material/menu';
import { NavigationEnd, Router, RouterLink, RouterLinkActive, RouterOutlet } from '@angular/router';
import { sentenceOf, Session } from '@flowkeep/admin-api';
import { ColorScheme, type ColorSchemeChoice, Icon, type IconName, Notice } from '@flowkeep/admin-ui';

interface Section {
  readonly address: string;
  readonly name: string;
  readonly icon: IconName;
}

/** What stands around every page: where one can go, and who one is. */
@Component({
  selector: 'fk-shell',
  imports: [Icon, MatButton, MatMenu, MatMenuItem, MatMenuTrigger, Notice, RouterLink, RouterLinkActive, RouterOutlet],
  templateUrl: './shell.html',
  styleUrl: './shell.scss',
})
export class Shell {
  private readonly session = inject(Session);
  private readonly router = inject(Router);
  private readonly document = inject(DOCUMENT);
  private readonly colorScheme = inject(ColorScheme);

  protected readonly sections: readonly Section[] = [
    { address: '/flows', name: 'Flows', icon: 'flows' },
    { address: '/settings/api-keys', name: 'API keys', icon: 'key' },
    { address: '/settings/global-variables', name: 'Variables', icon: 'variable' },
  ];
  protected readonly schemes: readonly { readonly choice: ColorSchemeChoice; readonly name: string }[] = [
    { choice: 'system', name: 'As the system' },
    { choice: 'light', name: 'Light' },
    { choice: 'dark', name: 'Dark' },
  ];
  protected readonly scheme = this.colorScheme.choice;
  protected readonly username = computed(() => this.session.account()?.user.username ?? null);
  protected readonly problem = signal<string | null>(null);

  constructor() {
    this.router.events.pipe(takeUntilDestroyed()).subscribe((event) => {
      // A page that replaced another is where reading goes on. The first one begins at its top.
      if (event instanceof NavigationEnd && event.id > 1) this.focusContent();
    });
  }

  protected choose(choice: ColorSchemeChoice): void {
    this.colorScheme.choose(choice);
  }

  /** Moves the focus past the navigation; the address stays. */
  protected skipToContent(event: Event): void {
    event.preventDefault();
    this.focusContent();
  }

  protected async retry(): Promise<void> {
    await this.attempt(() => this.session.load());
  }

  protected async signOut(): Promise<void> {
    await this.attempt(async () => {
      await this.session.signOut();
      await this.router.navigateByUrl('/login');
    });
  }

  private focusContent(): void {
    this.document.getElementById('content')?.focus();
  }

  private async attempt(action: () => Promise<unknown>): Promise<void> {
    this.problem.set(null);
    try {
      await action();
    } catch (error) {
      this.problem.set(sentenceOf(error));
    }
  }
}
