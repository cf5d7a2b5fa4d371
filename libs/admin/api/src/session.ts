import { computed, inject, Service, signal } from '@angular/core';
import type { NativeReply } from '@flowkeep/contracts/http';
import { ApiClient } from './api-client.ts';

export type Account = NativeReply<'session'>;

/** Who is signed in and what they may do. */
@Service()
export class Session {
  private readonly api = inject(ApiClient);
  private readonly current = signal<Account | null>(null);
  private readonly permissions = computed(() => new Set(this.current()?.permissions));

  /** Null until it was loaded, and after signing out. */
  readonly account = this.current.asReadonly();

  /** Whether the server would let the person do this; it decides in the end. */
  may(permission: Account['permissions'][number]): boolean {
    return this.permissions().has(permission);
  }

  /**
   * The account, asked for once.
   *
   * @throws ApiProblem
   */
  async load(): Promise<Account> {
    return this.current() ?? this.reload();
  }

  async signIn(username: string, password: string): Promise<Account> {
    await this.api.signIn(username, password);
    return this.reload();
  }

  async signOut(): Promise<void> {
    await this.api.signOut();
    this.current.set(null);
  }

  async changePassword(currentPassword: string, newPassword: string): Promise<void> {
    await this.api.call('changePassword', { body: { currentPassword, newPassword } });
    await this.reload();
  }

  private async reload(): Promise<Account> {
    const account = await this.api.call('session', {});
    this.current.set(account);
    return account;
  }
}
