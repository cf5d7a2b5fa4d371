import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';

/**
 * Prints a fresh secret key, or writes it to a file only its owner can read.
 *
 * @throws Error when the file is there already: the data it protects would be lost with it
 */
export async function secretKey(args: readonly string[]): Promise<void> {
  const key = randomBytes(32).toString('base64url');
  const [option, path, ...rest] = args;
  if (option === undefined) {
    process.stdout.write(`${key}\n`);
    return;
  }
  if (option !== '--file' || path === undefined || rest.length > 0) {
    throw new Error('usage: flowkeep secret-key [--file PATH]');
  }
  try {
    await writeFile(path, `${key}\n`, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') throw new Error(`${path} is there already and was left as it is.`, { cause: error });
    throw new Error(`${path} can't be written (${code ?? 'unknown'}).`, { cause: error });
  }
}
