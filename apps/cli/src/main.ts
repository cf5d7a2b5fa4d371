import { verifyAuditCommand } from './commands/audit-verify.ts';
import { backup } from './commands/db-backup.ts';
import { migrate } from './commands/db-migrate.ts';
import { secretKey } from './commands/secret-key.ts';

const usage = `Usage: flowkeep <command> [options]

Commands:
  run           start a standalone server   [--env-file F] [--host H] [--port P]
  secret-key    print a fresh secret key, or write it   [--file PATH]
  db migrate    create or update the databases   [--env-file F] [--distributed | --databases-only]
  db backup DIR copy the databases of a standalone server, also while it runs   [--env-file F]
  audit verify  tell whether the audit log is as it was written, also while the server runs   [--env-file F] [--distributed]
`;

const [group, command, ...args] = process.argv.slice(2);

try {
  if (group === 'secret-key') await secretKey(process.argv.slice(3));
  else if (group === 'db' && command === 'migrate') await migrate(args);
  else if (group === 'db' && command === 'backup') await backup(args);
  else if (group === 'audit' && command === 'verify') process.exitCode = await verifyAuditCommand(args);
  else {
    process.stderr.write(usage);
    process.exitCode = 2;
  }
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}
