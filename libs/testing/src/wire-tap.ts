import type { Packet } from '@flowkeep/bus';
import { events, maskSecrets, type Operation, operations, secretPaths } from '@flowkeep/contracts';
import type { z } from 'zod';

const operationsByName = new Map<string, Operation>(operations.map((operation) => [operation.name, operation]));
const eventNames = new Set<string>(events.map(({ name }) => name));
const guarded = new Map<z.ZodType, boolean>();

/** A packet as it may be shown: what its contract calls secret is blanked. */
export interface TappedPacket {
  readonly subject: string;
  readonly text: string;
}

/**
 * Collects everything that crosses a bus, with the `secret()` fields of requests and replies blanked, so that a test can
 * search the rest for what must not be there. Bodies that travel in pieces are put together first.
 */
export class WireTap {
  readonly packets: TappedPacket[] = [];
  private readonly asked = new Map<string, Operation>();
  private readonly pieces = new Map<string, Map<number, string>>();

  constructor(private readonly prefix: string) {}

  /** Takes a packet whose body is a value, or JSON text. */
  see(subject: string, { head, body }: Packet): void {
    const [kind, ...rest] = subject.slice(this.prefix.length + 1).split('.');
    const id = rest.at(-1) ?? '';
    if (head.k === 'ask') {
      const operation = operationsByName.get(`${kind ?? ''}.${rest[0] ?? ''}`);
      if (operation !== undefined) this.asked.set(head.e.id, operation);
      this.keep(subject, head, operation?.request, body);
      return;
    }
    if (kind === 'e' && eventNames.has(rest.join('.'))) {
      this.keep(subject, head, undefined, body);
      return;
    }
    const operation = this.asked.get(id);
    const schema = operation === undefined ? undefined : schemaOf(operation, kind);
    if (head.k === 'frames' && typeof body === 'string' && isPiece(operation, kind)) {
      const pieces = this.pieces.get(subject) ?? new Map<number, string>();
      this.pieces.set(subject, pieces.set(head.n, body));
      this.keep(subject, head, undefined, undefined);
    } else if (head.k === 'end' && this.pieces.has(subject)) {
      const pieces = [...(this.pieces.get(subject) ?? [])].sort(([left], [right]) => left - right);
      this.pieces.delete(subject);
      this.keep(subject, head, schema, pieces.map(([, text]) => text).join(''));
    } else this.keep(subject, head, schema, body);
  }

  /** Everything that was seen, one text per packet. */
  texts(): string[] {
    return this.packets.map(({ subject, text }) => `${subject} ${text}`);
  }

  private keep(subject: string, head: unknown, schema: z.ZodType | undefined, body: unknown): void {
    const shown = schema === undefined || !hasSecret(schema) ? body : maskSecrets(schema, valueOf(body));
    const text = shown === undefined ? '' : typeof shown === 'string' ? shown : JSON.stringify(shown);
    this.packets.push({ subject, text: `${JSON.stringify(head)} ${text}` });
  }
}

function schemaOf(operation: Operation, kind: string | undefined): z.ZodType {
  if (kind === 'c') return operation.request;
  return operation.kind === 'stream' ? operation.frame : operation.reply;
}

/** What a caller sends in frames is its request; what a call answers in frames is its reply. */
function isPiece(operation: Operation | undefined, kind: string | undefined): boolean {
  return operation !== undefined && (kind === 'c' || operation.kind !== 'stream');
}

function hasSecret(schema: z.ZodType): boolean {
  const known = guarded.get(schema) ?? secretPaths(schema).length > 0;
  guarded.set(schema, known);
  return known;
}

/** The value of a body; what is no JSON stays text. */
function valueOf(body: unknown): unknown {
  if (typeof body !== 'string') return body;
  try {
    return JSON.parse(body) as unknown;
  } catch {
    return body;
  }
}
