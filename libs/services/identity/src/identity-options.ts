interface Options {
  readonly accessTokenSeconds: number;
  readonly sessionSeconds: number;
  /** Told whose password was changed. */
  readonly passwordChanged?: (username: string) => void;
}

/** What of the settings identity's features need to know. */
export class IdentityOptions {
  readonly accessTokenSeconds: number;
  readonly sessionSeconds: number;
  readonly passwordChanged: (username: string) => void;

  constructor({ accessTokenSeconds, sessionSeconds, passwordChanged = () => undefined }: Options) {
    this.accessTokenSeconds = accessTokenSeconds;
    this.sessionSeconds = sessionSeconds;
    this.passwordChanged = passwordChanged;
  }
}
