import { parseArgs } from 'node:util';
import { accountOptions, accountSettings, requireSuperuserCli, withAccounts } from '../accounts.ts';
import { askedPassword, givenPassword, passwordOptions } from '../password.ts';
import { describeSessions, requiredUsername } from '../username.ts';

/** Gives a user another password, which the portal asks them to replace, and ends their sessions. */
export async function resetPassword(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({ args: [...args], options: { ...accountOptions, ...passwordOptions } });
  const username = requiredUsername(values);
  const settings = accountSettings(values);
  requireSuperuserCli(settings);
  const password = (await givenPassword(values)) ?? (await askedPassword());
  const ended = await withAccounts(settings, username, (accounts) => accounts.resetPassword(username, password));
  process.stdout.write(`${username} has a new password; ${describeSessions(ended)} ended.\n`);
}
