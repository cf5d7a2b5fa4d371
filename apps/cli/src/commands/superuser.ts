import { parseArgs } from 'node:util';
import { accountOptions, accountSettings, requireSuperuserCli, withAccounts } from '../accounts.ts';
import { askedPassword, givenPassword, passwordOptions } from '../password.ts';
import { requiredUsername } from '../username.ts';

/**
 * Makes a superuser, or promotes and activates a user who is there; a password that is given replaces theirs. Takes the
 * options of Langflow's command too.
 */
export async function superuser(args: readonly string[]): Promise<void> {
  // Langflow asks for a superuser's token, though whoever runs this has the databases anyway.
  const options = { ...accountOptions, ...passwordOptions, 'auth-token': { type: 'string' } } as const;
  const { values } = parseArgs({ args: [...args], options });
  const username = requiredUsername(values);
  const settings = accountSettings(values);
  requireSuperuserCli(settings);
  const given = await givenPassword(values);
  const outcome = await withAccounts(settings, username, async (accounts) => {
    const password = given ?? ((await accounts.exists(username)) ? null : await askedPassword());
    return accounts.makeSuperuser(username, password);
  });
  process.stdout.write(
    outcome === 'created'
      ? `The superuser ${username} is created.\n`
      : `${username} is an active superuser${given === null ? '' : ', with the new password'}.\n`,
  );
}
