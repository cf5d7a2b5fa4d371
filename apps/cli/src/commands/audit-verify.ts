import { processEnvironment, readSettings, SystemClock } from '@flowkeep/config';
import { readStoredSystemSecret } from '@flowkeep/credential-vault';
import { auditKeyName, type AuditVerdict, verifyAuditLog } from '@flowkeep/identity';
import { logLevelOf, readArguments } from '@flowkeep/process';
import { PinoLogger } from '@flowkeep/telemetry';

/**
 * Says whether every event of the audit log is as it was appended, or names the first that is not.
 *
 * @returns the exit code: 0 for a log that is whole, 1 for one that is not
 * @throws Error with one line when that can't be told
 */
export async function verifyAuditCommand(args: readonly string[]): Promise<0 | 1> {
  const distributed = args.includes('--distributed');
  const sources = [processEnvironment(), ...readArguments(args.filter((argument) => argument !== '--distributed'))];
  const { settings } = readSettings({ mode: distributed ? 'distributed' : 'standalone', sources });
  const logger = new PinoLogger({ service: 'cli', level: logLevelOf(settings) });
  const options = { settings, clock: new SystemClock(), logger };
  const key = await readStoredSystemSecret('identity', auditKeyName, options);
  if (key === null) throw new Error('The vault has no key of the audit log: start the server once, then verify.');
  const verdict = await verifyAuditLog(key, options);
  await logger.flush();
  process.stdout.write(`${sentence(verdict)}\n`);
  return verdict.whole ? 0 : 1;
}

function sentence(verdict: AuditVerdict): string {
  if (verdict.whole) {
    const { events, last } = verdict;
    return `The audit log is whole: ${events} events, the last is number ${last.sequence} (${last.mac}).`;
  }
  const place = verdict.sequence === null ? '' : ` at event ${verdict.sequence}`;
  return `The audit log is not whole${place}: ${verdict.problem}.`;
}
