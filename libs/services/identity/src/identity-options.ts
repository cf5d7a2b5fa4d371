interface Options {
  readonly accessTokenSeconds: number;
  readonly sessionSeconds: number;
  /** Whether the first user gets the examples. */
  readonly examples?: boolean;
  /** Told whose password was changed. */
  readonly passwordChanged?: (username: string) => void;
}

/** What of the settings identity's features need to know. */
export class IdentityOptions {
  readonly accessTokenSeconds: number;
  readonly sessionSeconds: number;
  readonly examples: boolean;
  readonly passwordChanged: (username: string) => void;

  constructor({ accessTokenSeconds, sessionSeconds, examples = false, passwordChanged = () => undefined }: Options) {
    this.accessTokenSeconds = accessTokenSeconds;
    this.sessionSeconds = sessionSeconds;
    this.examples = examples;
    this.passwordChanged = passwordChanged;
  }
}
