import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { password } from './installation.ts';

const examples = resolve(import.meta.dirname, '../../../examples');

export interface Answer<T = unknown> {
  readonly status: number;
  readonly body: T;
  readonly headers: Headers;
}

/** What a user's script does, over plain HTTP. */
export class Client {
  constructor(readonly url: string) {}

  async request<T = Record<string, unknown>>(path: string, init: RequestInit = {}): Promise<Answer<T>> {
    const response = await fetch(this.url + path, init);
    const text = await response.text();
    return { status: response.status, body: (text === '' ? null : parse(text)) as T, headers: response.headers };
  }

  post<T = Record<string, unknown>>(path: string, body: unknown, headers: Record<string, string> = {}) {
    const init = { method: 'POST', headers: { 'content-type': 'application/json', ...headers } };
    return this.request<T>(path, { ...init, body: typeof body === 'string' ? body : JSON.stringify(body) });
  }

  login(username = 'ada', secret = password) {
    const body = new URLSearchParams({ username, password: secret });
    return this.request<{ access_token: string }>('/api/v1/login', { method: 'POST', body });
  }

  async token(): Promise<Record<string, string>> {
    return { authorization: `Bearer ${(await this.login()).body.access_token}` };
  }

  async createKey(name: string): Promise<{ id: string; api_key: string }> {
    const created = await this.post<{ id: string; api_key: string }>('/api/v1/api_key/', { name }, await this.token());
    if (created.status !== 200) throw new Error(`no key was made: ${created.status} ${JSON.stringify(created.body)}`);
    return created.body;
  }

  /** Uploads one of the example flows. */
  async uploadExample(file: string, headers: Record<string, string>) {
    return this.upload(readFileSync(resolve(examples, file), 'utf8'), headers);
  }

  upload(content: string, headers: Record<string, string>) {
    const form = new FormData();
    form.set('file', new Blob([content], { type: 'application/json' }), 'flow.json');
    return this.request<{ id: string; name: string }[]>('/api/v1/flows/upload/', {
      method: 'POST',
      headers,
      body: form,
    });
  }

  run<T = RunAnswer>(flow: string, body: unknown, headers: Record<string, string>, query = '') {
    return this.post<T>(`/api/v1/run/${flow}${query}`, body, headers);
  }
}

export interface RunAnswer {
  readonly session_id: string;
  readonly outputs: readonly [{ readonly inputs: unknown; readonly outputs: readonly Record<string, never>[] }];
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
