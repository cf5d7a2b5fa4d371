import { DomainError } from '@flowkeep/contracts';
import { isJsonObject, isSecret, type JsonValue, secretTexts, textsOfSecret } from '@flowkeep/flow-graph';
import type { Credentials } from './credentials.ts';
import type { Overrides } from './overrides.ts';
import type { Plan } from './plan.ts';

/** What is shown where a secret was. */
export const mask = '••••••';

/** Shorter values are part of too many words: a text with all of them blanked says nothing any more. */
const leastLength = 8;

/**
 * Blanks secrets in texts by their value, as they are and encoded: escaped in JSON, percent-encoded, in hex, and in base64
 * wherever in the encoded bytes they begin.
 */
export class Redaction {
  private readonly forms: readonly string[];
  private readonly pattern: RegExp | null;

  constructor(secrets: Iterable<string>) {
    const forms = new Set<string>();
    for (const secret of secrets) for (const form of [...formsOf(secret), ...formsOf(secret.trim())]) forms.add(form);
    // The longest first: what begins alike must not leave its end behind.
    this.forms = [...forms].sort((left, right) => right.length - left.length);
    this.pattern = patternOf(this.forms, 'g');
  }

  text(text: string): string {
    return this.pattern === null ? text : text.replace(this.pattern, mask);
  }

  /** A value with all of its texts and names blanked; the same value when there is nothing to look for. */
  json<Value extends JsonValue>(value: Value): Value {
    if (this.pattern === null) return value;
    const walk = (part: JsonValue): JsonValue => {
      if (typeof part === 'string') return this.text(part);
      if (Array.isArray(part)) return part.map(walk);
      if (!isJsonObject(part)) return part;
      return Object.fromEntries(Object.entries(part).map(([name, item]) => [this.text(name), walk(item)]));
    };
    return walk(value) as Value;
  }

  /** A failure as it may be told and logged. */
  error(error: unknown): unknown {
    if (this.pattern === null || !(error instanceof DomainError)) return error;
    const { code, message, detail, issues, retryAfterSeconds } = error;
    return new DomainError(code, {
      message: this.text(message),
      ...(detail === undefined ? {} : { detail: this.text(detail) }),
      ...(issues === undefined ? {} : { issues }),
      ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
    });
  }

  /** Blanks a text that comes in pieces. */
  pieces(): RedactedPieces {
    return new RedactedPieces(this, this.forms);
  }
}

/** Holds back the end of a text for as long as a secret may begin there. */
export class RedactedPieces {
  private readonly redaction: Redaction;
  private readonly formsByFirst = new Map<string, string[]>();
  private readonly longest: number;
  private readonly pattern: RegExp | null;
  private held = '';

  /** @param forms what is looked for, the longest first */
  constructor(redaction: Redaction, forms: readonly string[]) {
    this.redaction = redaction;
    this.longest = forms[0]?.length ?? 0;
    this.pattern = patternOf(forms, '');
    for (const form of forms) {
      const first = form.charAt(0);
      this.formsByFirst.set(first, [...(this.formsByFirst.get(first) ?? []), form]);
    }
  }

  /** What may be shown now that this piece has come. */
  push(piece: string): string {
    if (this.pattern === null) return piece;
    let rest = this.held + piece;
    let shown = '';
    for (;;) {
      const doubtful = this.beginningIn(rest);
      const found = this.pattern.exec(rest);
      if (found === null || found.index >= doubtful) {
        this.held = rest.slice(doubtful);
        return shown + rest.slice(0, doubtful);
      }
      shown += rest.slice(0, found.index) + mask;
      rest = rest.slice(found.index + found[0].length);
    }
  }

  /** What was held back, at the end of the text. */
  end(): string {
    const rest = this.held;
    this.held = '';
    return this.redaction.text(rest);
  }

  /** Where the first secret may begin that does not end in this text; the text's length for none. */
  private beginningIn(text: string): number {
    for (let index = Math.max(0, text.length - this.longest + 1); index < text.length; index++) {
      const forms = this.formsByFirst.get(text.charAt(index));
      if (forms === undefined) continue;
      const end = text.slice(index);
      if (forms.some((form) => form.length > end.length && form.startsWith(end))) return index;
    }
    return text.length;
  }
}

const nothing = new Redaction([]);

/** Everything secret that a run of this plan can meet: what comes out of the vault and what the caller sends. */
export function redactionOf(plan: Plan, credentials: Credentials, overrides: Overrides): Redaction {
  if (credentials.variables.size === 0 && credentials.secrets.size === 0 && overrides.size === 0) return nothing;
  const secrets: string[] = [];
  for (const { value, credential } of credentials.variables.values()) {
    if (credential) secrets.push(...textsOfSecret(value));
  }
  for (const { node } of plan.nodes) {
    for (const [name, field] of node.fields) {
      const stored = field.secretId === null ? undefined : credentials.secrets.get(field.secretId);
      const given = overrides.get(node.id)?.get(name);
      if (stored !== undefined) secrets.push(...(field.secret ? textsOfSecret(stored) : secretTexts(stored, name)));
      if (given !== undefined) secrets.push(...(isSecret(field) ? textsOfSecret(given) : secretTexts(given, name)));
    }
  }
  return secrets.length === 0 ? nothing : new Redaction(secrets);
}

function formsOf(secret: string): string[] {
  if (secret.length < leastLength) return [];
  const bytes = Buffer.from(secret);
  const inJson = JSON.stringify(secret).slice(1, -1);
  const inUrl = encodeURIComponent(secret.toWellFormed());
  return [
    secret,
    inJson,
    inJson.replaceAll(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`),
    inUrl,
    inUrl.replaceAll(/%[0-9A-F]{2}/g, (byte) => byte.toLowerCase()),
    new URLSearchParams({ '': secret }).toString().slice(1),
    bytes.toString('hex'),
    bytes.toString('hex').toUpperCase(),
    ...[0, 1, 2].flatMap((before) => [base64Within(bytes, before, 'base64'), base64Within(bytes, before, 'base64url')]),
  ];
}

/** What these bytes look like in base64 with so many others before them, without the digits they share with those. */
function base64Within(bytes: Buffer, before: number, encoding: 'base64' | 'base64url'): string {
  const text = Buffer.concat([Buffer.alloc(before), bytes]).toString(encoding);
  return text.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6));
}

function patternOf(forms: readonly string[], flags: string): RegExp | null {
  return forms.length === 0 ? null : new RegExp(forms.map(escaped).join('|'), flags);
}

function escaped(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}
