interface Options {
  readonly accessTokenSeconds: number;
  readonly sessionSeconds: number;
  /** How long audit events are kept at least. */
  readonly auditRetentionDays?: number;
  /** Whether the first user gets the examples. */
  readonly examples?: boolean;
  /** Told whose password was changed. */
  readonly passwordChanged?: (username: string) => void;
}

/** What of the settings identity's features need to know. */
export class IdentityOptions {
  readonly accessTokenSeconds: number;
  readonly sessionSeconds: number;
  readonly auditRetentionDays: number;
  readonly examples: boolean;
  readonly passwordChanged: (username: string) => void;

  constructor({
    accessTokenSeconds,
    sessionSeconds,
    auditRetentionDays = 365,
    examples = false,
    passwordChanged = () => undefined,
  }: Options) {
    this.accessTokenSeconds = accessTokenSeconds;
    this.sessionSeconds = sessionSeconds;
    this.auditRetentionDays = auditRetentionDays;
    this.examples = examples;
    this.passwordChanged = passwordChanged;
  }
}
