import { inject, Service } from '@angular/core';
import { Router } from '@angular/router';
import type { NativeInput, NativeReply, NativeRouteName, Problem } from '@flowkeep/contracts/http';
import { ApiProblem, isRefreshable, problemOf, unreachable } from './api-problem.ts';
import { readEvents } from './event-stream.ts';
import { nativeRequest, type RequestParts } from './native-request.ts';

/**
 * The native API with the types of its contract. The browser's cookies are the session: no token is read or kept here.
 * A session that ran out is refreshed once and the request repeated; when that fails too, the visitor is sent to sign in.
 */
@Service()
export class ApiClient {
  private readonly router = inject(Router);
  private refreshing: Promise<boolean> | null = null;

  /** @throws ApiProblem */
  async call<Name extends NativeRouteName>(name: Name, input: NativeInput<Name>): Promise<NativeReply<Name>> {
    const { url, init } = nativeRequest(name, input as RequestParts);
    const response = await this.ask(url, init);
    return (await response.json()) as NativeReply<Name>;
  }

  /**
   * The frames of a streamed route as they arrive; aborting `signal` or leaving the loop ends the request.
   *
   * @throws ApiProblem also for a failure on the way
   */
  async *stream<Name extends NativeRouteName>(
    name: Name,
    input: NativeInput<Name>,
    signal: AbortSignal,
  ): AsyncGenerator<NativeReply<Name>> {
    const { url, init } = nativeRequest(name, input as RequestParts, signal);
    const { body } = await this.ask(url, init);
    if (body === null) throw unreachable();
    try {
      for await (const { event, data } of readEvents(body)) {
        if (event === 'problem') throw new ApiProblem(JSON.parse(data) as Problem);
        yield JSON.parse(data) as NativeReply<Name>;
      }
    } catch (error) {
      throw error instanceof ApiProblem || signal.aborted ? error : unreachable();
    }
  }

  /** Opens a session; the browser keeps its cookies. */
  async signIn(username: string, password: string): Promise<void> {
    const response = await send('/api/v1/login', {
      method: 'POST',
      body: new URLSearchParams({ username, password }),
    });
    if (!response.ok) throw await problemOf(response);
    await response.body?.cancel();
  }

  async signOut(): Promise<void> {
    const response = await send('/api/v1/logout', { method: 'POST' });
    if (!response.ok) throw await problemOf(response);
  }

  /** The answer of a request whose session may have run out. */
  private async ask(url: string, init: RequestInit): Promise<Response> {
    const first = await send(url, init);
    if (first.ok) return first;
    const problem = await problemOf(first);
    if (isRefreshable(problem) && (await this.refresh())) {
      const second = await send(url, init);
      if (second.ok) return second;
      return this.refuse(await problemOf(second));
    }
    return this.refuse(problem);
  }

  private refuse(problem: ApiProblem): never {
    // A page that is on its way is stopped by its guard, which knows better where to come back to.
    if (problem.signedOut && this.router.currentNavigation() === null) {
      void this.router.navigate(['/login'], { queryParams: { next: this.router.url } });
    }
    throw problem;
  }

  /** Calls that fail together share one refresh: the refresh token counts once. */
  private refresh(): Promise<boolean> {
    this.refreshing ??= this.refreshOnce().finally(() => (this.refreshing = null));
    return this.refreshing;
  }

  private async refreshOnce(): Promise<boolean> {
    const response = await send('/api/v1/refresh', { method: 'POST' });
    await response.body?.cancel();
    return response.ok;
  }
}

async function send(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (error) {
    if (init.signal?.aborted === true) throw error;
    throw unreachable();
  }
}
