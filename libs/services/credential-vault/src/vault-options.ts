import type { ReferenceGrants } from '@flowkeep/config';

/** What variables may refer to, and what they never may. */
export interface ReferenceRules {
  readonly grants: ReferenceGrants;
  /** What the environment holds of the names that are granted. */
  readonly environment: ReadonlyMap<string, string>;
  /** Nothing in it is ever read for a variable. */
  readonly dataDir: string;
  /** Nor is any of these. */
  readonly secretFiles: readonly string[];
}

/** What of the settings the vault's features need to know. */
export class VaultOptions {
  /** What the server's environment holds for model providers. */
  readonly environment: ReadonlyMap<string, string>;
  /** Whether it becomes variables. */
  readonly importing: boolean;
  /** Whether it stands in for variables that nobody stored. */
  readonly fallback: boolean;
  readonly references: ReferenceRules;

  constructor({
    environment,
    importing,
    fallback,
    references,
  }: Readonly<Pick<VaultOptions, 'environment' | 'importing' | 'fallback' | 'references'>>) {
    this.environment = environment;
    this.importing = importing;
    this.fallback = fallback;
    this.references = references;
  }
}
