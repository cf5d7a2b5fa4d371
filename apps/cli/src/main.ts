import { Refusal } from './accounts.ts';
import { verifyAuditCommand } from './commands/audit-verify.ts';
import { apiKey } from './commands/api-key.ts';
import { backup } from './commands/db-backup.ts';
import { migrate } from './commands/db-migrate.ts';
import { checkKey } from './commands/key-check.ts';
import { secretKey } from './commands/secret-key.ts';
import { endSessions } from './commands/session-end.ts';
import { superuser } from './commands/superuser.ts';
import { resetPassword } from './commands/user-reset-password.ts';
import { rotateVault, vaultStatus } from './commands/vault.ts';

const usage = `Usage: flowkeep <command> [options]

Commands:
  run           start a standalone server   [--env-file F] [--host H] [--port P]
  secret-key    print a fresh secret key, or write it   [--file PATH]
  db migrate    create or update the databases   [--env-file F] [--distributed | --databases-only]
  db backup DIR copy the databases of a standalone server, also while it runs   [--env-file F]
  vault rotate  bring the vault under the present secret key, or with --data-keys encrypt its values anew, also while the
                server runs   [--data-keys [--workspace ID] | --stopped] [--env-file F] [--distributed]
  vault status  tell which secret key the vault is under   [--env-file F] [--distributed]
  audit verify  tell whether the audit log is as it was written, also while the server runs   [--env-file F] [--distributed]

  key check     tell whether standard input has the form of an API key

Commands for a running server, with [--server URL] [--username U] [--password-file F]; they sign in and out:
  api-key create     make a key and print it, once   [--name N] [--permissions A,B] [--expires-days D]
  api-key list       list your keys   [--search TEXT] [--unused-days D]
  api-key rotate ID  give a key a new secret and print it, once   [--overlap-seconds S]
  api-key revoke ID  delete a key

Commands for a standalone server that is stopped, or for accounts in PostgreSQL, with [--env-file F] [--distributed]:
  superuser --username U             create a superuser, or make one of a user   [--password-file F]
  user reset-password --username U   give a user another password   [--password-file F]
  session end --username U           end all sessions of a user

A password file named - is standard input; without one the terminal asks.
`;

const [group, command, ...args] = process.argv.slice(2);

try {
  if (group === 'secret-key') await secretKey(process.argv.slice(3));
  else if (group === 'db' && command === 'migrate') await migrate(args);
  else if (group === 'db' && command === 'backup') await backup(args);
  else if (group === 'audit' && command === 'verify') process.exitCode = await verifyAuditCommand(args);
  else if (group === 'key' && command === 'check') process.exitCode = await checkKey();
  else if (group === 'api-key') await apiKey(command, args);
  else if (group === 'superuser') await superuser(process.argv.slice(3));
  else if (group === 'user' && command === 'reset-password') await resetPassword(args);
  else if (group === 'session' && command === 'end') await endSessions(args);
  else if (group === 'vault' && command === 'rotate') process.exitCode = await rotateVault(args);
  else if (group === 'vault' && command === 'status') await vaultStatus(args);
  else {
    process.stderr.write(usage);
    process.exitCode = 2;
  }
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = error instanceof Refusal ? 1 : 2;
}
