import { parseArgs } from 'node:util';
import { firstUsername, SystemClock } from '@flowkeep/config';
import type { ApiKey } from '@flowkeep/contracts';
import { accountSettings, Refusal } from '../accounts.ts';
import { currentPassword } from '../password.ts';
import { ServerClient } from '../server-client.ts';

const options = {
  server: { type: 'string' },
  username: { type: 'string' },
  'password-file': { type: 'string' },
  'env-file': { type: 'string' },
  name: { type: 'string' },
  permissions: { type: 'string' },
  'expires-days': { type: 'string' },
  'overlap-seconds': { type: 'string' },
  'unused-days': { type: 'string' },
  search: { type: 'string' },
} as const;

type Values = ReturnType<typeof read>['values'];
type Work = (client: ServerClient, values: Values, id: string | undefined) => Promise<void>;

const dayMs = 24 * 60 * 60 * 1000;
const clock = new SystemClock();

/** What `flowkeep api-key` can do: its options besides those of every one, and the work. */
const commands: Readonly<Record<string, { readonly takes: readonly string[]; readonly id: boolean; work: Work }>> = {
  create: { takes: ['name', 'permissions', 'expires-days'], id: false, work: create },
  list: { takes: ['search', 'unused-days'], id: false, work: list },
  rotate: { takes: ['overlap-seconds'], id: true, work: rotate },
  revoke: { takes: [], id: true, work: revoke },
};
const forAll: readonly string[] = ['server', 'username', 'password-file', 'env-file'];

/**
 * Manages the API keys of a person at a running server.
 *
 * @throws Refusal for what the server refuses
 * @throws Error with one line for a wrong command line, or a server that can't be reached
 */
export async function apiKey(name: string | undefined, args: readonly string[]): Promise<void> {
  const command = name !== undefined && Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined) throw new Error('Usage: flowkeep api-key create | list | rotate ID | revoke ID');
  const { values, positionals } = read(args);
  const unknown = Object.keys(values).find((option) => !forAll.includes(option) && !command.takes.includes(option));
  if (unknown !== undefined) throw new Error(`flowkeep api-key ${name as string} does not take --${unknown}.`);
  if (positionals.length !== (command.id ? 1 : 0)) {
    throw new Error(`Usage: flowkeep api-key ${name as string}${command.id ? ' ID' : ''}`);
  }
  const settings = accountSettings(values);
  const host = settings.host === '0.0.0.0' || settings.host === '::' ? '127.0.0.1' : settings.host;
  const server = values.server ?? `http://${host.includes(':') ? `[${host}]` : host}:${settings.port}`;
  if (!/^https?:\/\/[^/]/.test(server)) throw new Error('--server must begin with http:// or https://.');
  const account = { username: values.username ?? firstUsername(settings), password: await currentPassword(values) };
  await ServerClient.run(server, account, (client) => command.work(client, values, positionals[0]));
}

function read(args: readonly string[]) {
  return parseArgs({ args: [...args], options, allowPositionals: true });
}

async function create(client: ServerClient, values: Values): Promise<void> {
  const permissions = (values.permissions ?? 'runs:create').split(',').map((permission) => permission.trim());
  const days = number(values, 'expires-days');
  const expiresAt = days === null ? null : clock.now() + days * dayMs;
  const { key, secret } = await client.call('createKey', {
    body: { name: values.name ?? null, permissions, expiresAt },
  });
  reveal(key, secret);
}

async function list(client: ServerClient, values: Values): Promise<void> {
  const days = number(values, 'unused-days');
  let after: string | null | undefined;
  while (after !== null) {
    const page = await client.call('listKeys', {
      query: {
        take: 200,
        after,
        search: values.search,
        unusedSince: days === null ? undefined : clock.now() - days * dayMs,
      },
    });
    for (const key of page.keys) process.stdout.write(`${describe(key)}\n`);
    after = page.next;
  }
}

async function rotate(client: ServerClient, values: Values, keyId = ''): Promise<void> {
  const overlapSeconds = number(values, 'overlap-seconds') ?? 0;
  const { key, secret } = await client.call('rotateKey', { params: { keyId }, body: { overlapSeconds } });
  reveal(key, secret);
}

async function revoke(client: ServerClient, _values: Values, keyId = ''): Promise<void> {
  await client.call('deleteKey', { params: { keyId } });
  process.stdout.write(`${keyId} is revoked.\n`);
}

/** The key alone on standard output, so that a script can take it; it is never shown again. */
function reveal(key: ApiKey, secret: string): void {
  process.stderr.write(`${describe(key)}\nThis is the only time the key is shown:\n`);
  process.stdout.write(`${secret}\n`);
}

function describe(key: ApiKey): string {
  const ends = key.expiresAt === null ? 'no end' : `until ${date(key.expiresAt)}`;
  const used = key.lastUsedAt === null ? 'never used' : `used ${date(key.lastUsedAt)}`;
  const shown = [key.id, `${key.prefix}…${key.last4}`, key.enabled ? ends : 'disabled', used, key.name ?? ''];
  // A name may have control characters, which a terminal would obey.
  return shown.join('\t').replaceAll(/[^\t\P{Cc}]/gu, '?');
}

function date(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 16).replace('T', ' ');
}

function number(values: Values, option: 'expires-days' | 'unused-days' | 'overlap-seconds'): number | null {
  const text = values[option];
  if (text === undefined) return null;
  if (!/^\d{1,7}$/.test(text)) throw new Refusal(`--${option} must be a whole number.`);
  return Number(text);
}
