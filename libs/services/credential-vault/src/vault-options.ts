/** What of the settings the vault's features need to know. */
export class VaultOptions {
  /** What the server's environment holds for model providers. */
  readonly environment: ReadonlyMap<string, string>;
  /** Whether it becomes variables. */
  readonly importing: boolean;
  /** Whether it stands in for variables that nobody stored. */
  readonly fallback: boolean;

  constructor({
    environment,
    importing,
    fallback,
  }: Readonly<Pick<VaultOptions, 'environment' | 'importing' | 'fallback'>>) {
    this.environment = environment;
    this.importing = importing;
    this.fallback = fallback;
  }
}
