/** What of the settings identity's features need to know. */
export class IdentityOptions {
  readonly accessTokenSeconds: number;
  readonly sessionSeconds: number;

  constructor(options: { readonly accessTokenSeconds: number; readonly sessionSeconds: number }) {
    this.accessTokenSeconds = options.accessTokenSeconds;
    this.sessionSeconds = options.sessionSeconds;
  }
}
