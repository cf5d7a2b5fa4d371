import { parseArgs } from 'node:util';
import { accountOptions, accountSettings, withAccounts } from '../accounts.ts';
import { describeSessions, requiredUsername } from '../username.ts';

/** Ends all sessions of a user. */
export async function endSessions(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({ args: [...args], options: accountOptions });
  const username = requiredUsername(values);
  const settings = accountSettings(values);
  const ended = await withAccounts(settings, username, (accounts) => accounts.endSessions(username));
  process.stdout.write(`${describeSessions(ended)} of ${username} ended.\n`);
}
