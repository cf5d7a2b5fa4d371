import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { AuditEvent, ServiceName } from '@flowkeep/contracts';

/** An event with the service that told of it. */
export interface RecordedEvent extends AuditEvent {
  readonly service: ServiceName;
}

/** An end of the chain: the place of an event and its mac, or 0 and an empty text before the first. */
export interface Link {
  readonly sequence: number;
  readonly mac: string;
}

/** Where the chain ends, and after which event it begins since older ones were removed. */
export interface Head {
  readonly last: Link;
  readonly anchor: Link;
}

export const chainStart: Link = { sequence: 0, mac: '' };

/** The link an event makes with the one before it. */
export function linkTo(previous: Link, event: RecordedEvent, key: Uint8Array): Link {
  const sequence = previous.sequence + 1;
  return { sequence, mac: mac(key, ['event', sequence, previous.mac, ...canonical(event)]) };
}

/** What shows that nobody without the key moved an end of the chain. */
export function sealOf({ last, anchor }: Head, key: Uint8Array): string {
  return mac(key, ['head', last.sequence, last.mac, anchor.sequence, anchor.mac]);
}

/** Compares two macs in a time that does not depend on where they differ. */
export function sameMac(left: string, right: string): boolean {
  return left.length === right.length && timingSafeEqual(Buffer.from(left), Buffer.from(right));
}

/** Sums up events in their order, without a key. */
export class EventDigest {
  private readonly hash = createHash('sha256');
  private count = 0;

  add(event: RecordedEvent): void {
    this.hash.update(`${JSON.stringify(canonical(event))}\n`);
    this.count++;
  }

  end(): { readonly events: number; readonly digest: string } {
    return { events: this.count, digest: this.hash.digest('hex') };
  }
}

/** The same list for the same event, whichever database it was read from: PostgreSQL changes cases and orders fields. */
function canonical({ id, at, service, workspaceId, actorId, keyId, action, subjectId, details }: RecordedEvent) {
  const ids = [id, workspaceId, actorId, keyId].map((one) => one?.toLowerCase() ?? null);
  const fields = Object.entries(details).sort(([left], [right]) => (left < right ? -1 : 1));
  return [ids, at, service, action, subjectId, fields];
}

function mac(key: Uint8Array, parts: readonly unknown[]): string {
  return createHmac('sha256', key).update(JSON.stringify(parts)).digest('hex');
}
