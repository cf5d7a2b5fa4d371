import { openServiceDatabase, type ServiceDatabaseOptions } from '@flowkeep/persistence';
import { identityDatabase } from '../database.ts';
import { parseAuditKey } from './audit-keys.ts';
import { type AuditVerdict, verifyAudit } from './audit-verification.ts';

/**
 * Verifies the audit log of an installation, also while it runs.
 *
 * @param key what the vault keeps for identity under `auditKeyName`
 * @throws Error with one line for the operator when the database can't be opened
 */
export async function verifyAuditLog(key: string, options: ServiceDatabaseOptions): Promise<AuditVerdict> {
  const database = await openServiceDatabase(identityDatabase, options);
  try {
    return await verifyAudit(database, parseAuditKey(key).key);
  } finally {
    await database.close();
  }
}
