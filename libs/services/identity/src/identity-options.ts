interface Options {
  readonly accessTokenSeconds: number;
  readonly sessionSeconds: number;
  /** How long audit events are kept at least. */
  readonly auditRetentionDays?: number;
  /** Whether an account that is made without saying so is active. */
  readonly newUserIsActive?: boolean;
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
  readonly newUserIsActive: boolean;
  readonly examples: boolean;
  readonly passwordChanged: (username: string) => void;

  constructor({
    accessTokenSeconds,
    sessionSeconds,
    auditRetentionDays = 365,
    newUserIsActive = false,
    examples = false,
    passwordChanged = () => undefined,
  }: Options) {
    this.accessTokenSeconds = accessTokenSeconds;
    this.sessionSeconds = sessionSeconds;
    this.auditRetentionDays = auditRetentionDays;
    this.newUserIsActive = newUserIsActive;
    this.examples = examples;
    this.passwordChanged = passwordChanged;
  }
}
