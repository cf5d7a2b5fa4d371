import { Component, inject, input, signal } from '@angular/core';
import { form, FormField, FormRoot, maxLength, required } from '@angular/forms/signals';
import { MatButton } from '@angular/material/button';
import { MatError, MatFormField, MatInput, MatLabel } from '@angular/material/input';
import { Router } from '@angular/router';
import { addressAfterSignIn, sentenceOf, Session } from '@flowkeep/admin-api';
import { Notice } from '@flowkeep/admin-ui';
import { AccountCard } from './account-card.ts';

@Component({
  selector: 'fk-sign-in-page',
  imports: [AccountCard, FormField, FormRoot, MatButton, MatError, MatFormField, MatInput, MatLabel, Notice],
  templateUrl: './sign-in-page.html',
})
export class SignInPage {
  private readonly session = inject(Session);
  private readonly router = inject(Router);

  /** Where the visitor was going. */
  readonly next = input<string>();

  protected readonly problem = signal<string | null>(null);

  protected readonly form = form(
    signal({ username: '', password: '' }),
    (path) => {
      required(path.username, { message: 'Enter your user name.' });
      maxLength(path.username, 255);
      required(path.password, { message: 'Enter your password.' });
      maxLength(path.password, 1024);
    },
    { submission: { action: () => this.signIn() } },
  );

  private async signIn(): Promise<void> {
    const { username, password } = this.form().value();
    this.problem.set(null);
    try {
      await this.session.signIn(username.trim(), password);
      await this.router.navigateByUrl(addressAfterSignIn(this.next()));
    } catch (error) {
      this.problem.set(sentenceOf(error));
    }
  }
}
