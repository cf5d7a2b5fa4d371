import type { Client } from './client.ts';

/** As much of a browser as signing in needs: it keeps cookies, and sends each where it belongs, from one origin. */
export class CookieJar {
  private readonly cookies = new Map<string, { readonly value: string; readonly path: string }>();

  constructor(
    private readonly client: Client,
    private readonly origin = client.url,
  ) {}

  async request<T = Record<string, unknown>>(path: string, init: RequestInit = {}) {
    const headers = { ...(init.headers as Record<string, string>), origin: this.origin, cookie: this.sentTo(path) };
    const answer = await this.client.request<T>(path, { ...init, headers });
    for (const line of answer.headers.getSetCookie()) this.take(line);
    return answer;
  }

  post<T = Record<string, unknown>>(path: string) {
    return this.request<T>(path, { method: 'POST' });
  }

  names(): string[] {
    return [...this.cookies.keys()].sort();
  }

  value(name: string): string | undefined {
    return this.cookies.get(name)?.value;
  }

  private sentTo(path: string): string {
    const fitting = [...this.cookies].filter(([, cookie]) => path.startsWith(cookie.path));
    return fitting.map(([name, { value }]) => `${name}=${value}`).join('; ');
  }

  /** A cookie is known by name and path together: one that is taken back under another path stays. */
  private take(line: string): void {
    const [pair = '', ...attributes] = line.split(/; */);
    const [name = '', value = ''] = pair.split('=');
    const attribute = (wanted: string) =>
      attributes.find((one) => one.startsWith(`${wanted}=`))?.slice(wanted.length + 1);
    const path = attribute('Path') ?? '/';
    if (attribute('Max-Age') !== '0') this.cookies.set(name, { value, path });
    else if (this.cookies.get(name)?.path === path) this.cookies.delete(name);
  }
}
