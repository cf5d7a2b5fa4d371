import { createInterface } from 'node:readline/promises';
import { text } from 'node:stream/consumers';
import { Writable } from 'node:stream';
import { passwordWeakness, readSecretFile } from '@flowkeep/config';
import { Refusal } from './accounts.ts';

const longestPassword = 1024;

/** Where a new password may come from. */
export const passwordOptions = {
  'password-file': { type: 'string' },
  password: { type: 'string' },
} as const;

export interface PasswordArguments {
  readonly 'password-file'?: string | undefined;
  readonly password?: string | undefined;
}

/**
 * Reads a new password from where the command line says: a file, standard input (`-`), or the command line itself.
 *
 * @returns null when it says nothing
 * @throws Refusal for a password nobody may be given
 */
export async function givenPassword({ 'password-file': file, password }: PasswordArguments): Promise<string | null> {
  if (file !== undefined && password !== undefined) throw new Error('Give --password-file or --password, not both.');
  if (file !== undefined) return checked(file === '-' ? (await text(process.stdin)).trim() : fromFile(file));
  if (password === undefined) return null;
  process.stderr.write(
    'A password on the command line can be seen by others on this machine: prefer --password-file.\n',
  );
  return checked(password);
}

/**
 * Asks for a new password on the terminal, twice, and shows nothing of it.
 *
 * @throws Refusal without a terminal, or for a password nobody may be given
 */
export async function askedPassword(): Promise<string> {
  if (!process.stdin.isTTY) throw new Refusal('A password is needed: give --password-file, or - for standard input.');
  const password = checked(await ask('New password: '));
  if ((await ask('Again: ')) !== password) throw new Refusal('These are two different passwords.');
  return password;
}

/**
 * Reads the password of whoever gives the command: from a file, standard input (`-`), or the terminal.
 *
 * @throws Refusal without a terminal
 */
export async function currentPassword({ 'password-file': file }: PasswordArguments): Promise<string> {
  if (file !== undefined) return file === '-' ? (await text(process.stdin)).trim() : fromFile(file);
  if (!process.stdin.isTTY) throw new Refusal('A password is needed: give --password-file, or - for standard input.');
  return ask('Password: ');
}

async function ask(question: string): Promise<string> {
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({ input: process.stdin, output: silent, terminal: true });
  const left = new AbortController();
  terminal.once('SIGINT', () => left.abort());
  terminal.once('close', () => left.abort());
  process.stderr.write(question);
  try {
    return await terminal.question('', { signal: left.signal });
  } catch (error) {
    throw new Refusal('Nothing was changed.', { cause: error });
  } finally {
    terminal.close();
    process.stderr.write('\n');
  }
}

function fromFile(path: string): string {
  try {
    return readSecretFile(path);
  } catch (error) {
    throw new Error(`The password file ${(error as Error).message}`, { cause: error });
  }
}

function checked(password: string): string {
  const weakness = passwordWeakness(password) ?? (password.length > longestPassword ? 'is too long' : null);
  if (weakness !== null) throw new Refusal(`The password ${weakness}.`);
  return password;
}
