import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { Bus, systemContext } from '@flowkeep/bus';
import { keepSystemSecret, readSystemSecret } from '@flowkeep/contracts';
import { Database } from '@flowkeep/persistence';
import { EventDigest } from './audit-chain.ts';
import { readEvents } from './audit-rows.ts';

/** Under which name the vault keeps it for identity. */
export const auditKeyName = 'audit-key';

/** Events that one transaction reads or changes at most. */
export const auditPage = 200;

const lowestId = '00000000-0000-0000-0000-000000000000';
const nextUnchained = `sequence is null and id > $1 order by id limit ${auditPage}`;

const storedKey = z.object({
  key: z.string(),
  before: z.object({ events: z.int(), digest: z.string() }),
});

export interface AuditKey {
  readonly key: Uint8Array;
  /** How many events there were when the key was made, and what they add up to: what the chain may begin with. */
  readonly before: { readonly events: number; readonly digest: string };
}

/** Reads the key as the vault has it. */
export function parseAuditKey(value: string): AuditKey {
  const { key, before } = storedKey.parse(JSON.parse(value));
  return { key: Buffer.from(key, 'base64url'), before };
}

/**
 * The key the audit log is chained with. It lives in the vault, so that a database that was changed by hand does not
 * verify. Made by whichever instance comes first.
 */
@Injectable()
export class AuditKeys {
  constructor(
    private readonly database: Database,
    private readonly bus: Bus,
  ) {}

  /** @throws DomainError `unavailable` while the vault can't be reached */
  async load(): Promise<AuditKey> {
    const { value } = await this.bus.call(readSystemSecret, { name: auditKeyName }, systemContext);
    return parseAuditKey(value ?? (await this.create()));
  }

  private async create(): Promise<string> {
    const before = await digestOfUnchained(this.database);
    const made = JSON.stringify({ key: randomBytes(32).toString('base64url'), before });
    const { value } = await this.bus.call(keepSystemSecret, { name: auditKeyName, value: made }, systemContext);
    return value;
  }
}

/** Sums up the events that are in no chain. */
export async function digestOfUnchained(database: Database): Promise<AuditKey['before']> {
  const digest = new EventDigest();
  for (let after = lowestId; ;) {
    const from = after;
    const events = await database.read((em) => readEvents(em, nextUnchained, [from]));
    for (const event of events) {
      digest.add(event);
      after = event.id;
    }
    if (events.length < auditPage) return digest.end();
  }
}
