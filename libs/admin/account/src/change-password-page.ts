import { Component, computed, inject, signal } from '@angular/core';
import { form, FormField, FormRoot, maxLength, minLength, required, validate } from '@angular/forms/signals';
import { MatButton } from '@angular/material/button';
import { MatError, MatFormField, MatHint, MatInput, MatLabel } from '@angular/material/input';
import { Router, RouterLink } from '@angular/router';
import { sentenceOf, Session } from '@flowkeep/admin-api';
import { Notice } from '@flowkeep/admin-ui';
import { AccountCard } from './account-card.ts';
import { weaknessOf } from './password-weakness.ts';

@Component({
  selector: 'fk-change-password-page',
  imports: [
    AccountCard,
    FormField,
    FormRoot,
    MatButton,
    MatError,
    MatFormField,
    MatHint,
    MatInput,
    MatLabel,
    Notice,
    RouterLink,
  ],
  templateUrl: './change-password-page.html',
})
export class ChangePasswordPage {
  private readonly session = inject(Session);
  private readonly router = inject(Router);

  /** Whether there is no way around it: somebody else made the password. */
  protected readonly obligatory = computed(() => this.session.account()?.user.mustChangePassword === true);
  protected readonly username = computed(() => this.session.account()?.user.username ?? '');
  protected readonly problem = signal<string | null>(null);

  protected readonly form = form(
    signal({ current: '', replacement: '', repeated: '' }),
    (path) => {
      required(path.current, { message: 'Enter your current password.' });
      required(path.replacement, { message: 'Enter a new password.' });
      minLength(path.replacement, 8, { message: 'Use at least 8 characters.' });
      maxLength(path.replacement, 1024, { message: 'Use at most 1024 characters.' });
      validate(path.replacement, ({ value, valueOf }) =>
        value() !== '' && value() === valueOf(path.current)
          ? { kind: 'unchanged', message: 'Choose one that differs from the current password.' }
          : undefined,
      );
      required(path.repeated, { message: 'Repeat the new password.' });
      validate(path.repeated, ({ value, valueOf }) =>
        value() !== '' && value() !== valueOf(path.replacement)
          ? { kind: 'different', message: 'The two new passwords differ.' }
          : undefined,
      );
    },
    { submission: { action: () => this.change() } },
  );

  protected readonly weakness = computed(() => weaknessOf(this.form.replacement().value(), this.username()));

  protected async signOut(): Promise<void> {
    try {
      await this.session.signOut();
      await this.router.navigateByUrl('/login');
    } catch (error) {
      this.problem.set(sentenceOf(error));
    }
  }

  private async change(): Promise<void> {
    const { current, replacement } = this.form().value();
    this.problem.set(null);
    try {
      await this.session.changePassword(current, replacement);
      await this.router.navigateByUrl('/flows');
    } catch (error) {
      this.problem.set(sentenceOf(error));
    }
  }
}
