/** What of the settings the features need to know. */
export class FlowRunnerOptions {
  /** Whether secrets found in flows are thrown away rather than kept in the vault. */
  readonly removeSecrets: boolean;

  constructor({ removeSecrets }: { readonly removeSecrets: boolean }) {
    this.removeSecrets = removeSecrets;
  }
}
