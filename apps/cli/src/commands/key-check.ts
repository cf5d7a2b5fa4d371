import { text } from 'node:stream/consumers';
import { isKeyForm } from '@flowkeep/crypto';

/**
 * Says whether what comes on standard input has the form of a key and its checksum is right. Asks nobody: whether the key
 * exists only a server knows.
 *
 * @returns the exit code
 */
export async function checkKey(): Promise<0 | 1> {
  const good = isKeyForm((await text(process.stdin)).trim());
  process.stdout.write(good ? 'This has the form of a key.\n' : 'This is no key: its form or its checksum is wrong.\n');
  return good ? 0 : 1;
}
