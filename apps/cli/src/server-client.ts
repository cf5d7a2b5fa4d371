import {
  type NativeInput,
  nativePaths,
  type NativeReply,
  type NativeRouteName,
  type Problem,
} from '@flowkeep/contracts';
import { Egress } from '@flowkeep/egress';
import { Refusal } from './accounts.ts';

interface Parts {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, unknown>>;
  readonly body?: unknown;
}

/** The native API of a running server, for somebody who signed in. */
export class ServerClient {
  /** The operator says which server: it may well be a private one. */
  private readonly egress = new Egress({ protection: false, allowedHosts: [] });
  private token = '';

  private constructor(private readonly server: string) {}

  /**
   * Signs in, does the work, and signs out whatever came of it.
   *
   * @param server for example `http://127.0.0.1:7860`
   * @throws Refusal for a wrong password, and for what the server refuses
   * @throws Error with one line when it can't be reached
   */
  static async run<T>(
    server: string,
    account: { readonly username: string; readonly password: string },
    work: (client: ServerClient) => Promise<T>,
  ): Promise<T> {
    const client = new ServerClient(server.replace(/\/+$/, ''));
    try {
      const signedIn = await client.send('POST', '/api/v1/auth/login', account);
      client.token = (signedIn as { token: string }).token;
      try {
        return await work(client);
      } finally {
        await client.send('POST', '/api/v1/auth/logout', {});
      }
    } finally {
      await client.egress.stop();
    }
  }

  async call<Name extends NativeRouteName>(name: Name, input: NativeInput<Name>): Promise<NativeReply<Name>> {
    const { params = {}, query = {}, body } = input as Parts;
    const { method, path } = nativePaths[name];
    const filled = path.replace(/:(\w+)/g, (_, key: string) => encodeURIComponent(params[key] ?? ''));
    const given = Object.entries(query).filter(([, value]) => value !== undefined);
    const search = new URLSearchParams(given.map(([key, value]) => [key, String(value)])).toString();
    return (await this.send(method, search === '' ? filled : `${filled}?${search}`, body)) as NativeReply<Name>;
  }

  private async send(method: string, path: string, body: unknown): Promise<unknown> {
    const headers: Record<string, string> = { accept: 'application/json' };
    if (body !== undefined) headers['content-type'] = 'application/json';
    if (this.token !== '') headers['authorization'] = `Bearer ${this.token}`;
    const response = await this.ask(path, {
      method,
      headers,
      redirect: 'manual',
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Refusal(await this.reasonOf(response));
    return response.json();
  }

  private async ask(path: string, init: RequestInit): Promise<Response> {
    try {
      return await this.egress.fetch(this.server + path, init);
    } catch (error) {
      throw new Error(`The server can't be reached at ${this.server}.`, { cause: error });
    }
  }

  private async reasonOf(response: Response): Promise<string> {
    try {
      const { title, message, issues = [] } = (await response.json()) as Partial<Problem> & { message?: string };
      const fields = issues.map((issue) => `${issue.path.slice(1).join('.')}: ${issue.message}`);
      return [title ?? message ?? `status ${response.status}`, ...fields].join(' ');
    } catch {
      return `The server answered with status ${response.status}.`;
    }
  }
}
