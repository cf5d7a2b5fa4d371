import type { ServiceName } from '@flowkeep/contracts';
import type { Kind } from './kinds.ts';
import { readEnvironmentVariables, readReferencedEnvironment } from './environment-variables.ts';
import { hasFileVariable, readSecretFile } from './secret-file.ts';
import { refusedAliases, type SettingDeclaration, settingsTable } from './settings-table.ts';

type Table = typeof settingsTable;
type ValueOf<S> = S extends { kind: Kind<infer T>; default: infer D } ? (D extends null ? T | null : T) : never;
type ValueMap = { readonly [K in keyof Table]: ValueOf<Table[K]> };

export type Mode = 'standalone' | 'distributed';

/** The environment a program was started in. Only this library reads the process's. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Everything configurable, read once at start. */
export interface Settings extends ValueMap {
  readonly mode: Mode;
  /** What the environment holds for flows, by name: nothing but what the settings name, and for the vault alone. */
  readonly environmentVariables: ReadonlyMap<string, string>;
  /** What of the environment variables may refer to, by name. */
  readonly referencedEnvironment: ReadonlyMap<string, string>;
  /** Paths of the files that hold our own secrets. */
  readonly secretFiles: readonly string[];
}

/** What the start should tell the operator: which foreign names were used, ignored or not known. */
export interface SettingsReport {
  readonly aliasesUsed: readonly string[];
  readonly warnings: readonly string[];
}

/** Wrong settings. One line each, naming the variable and never its value. */
export class SettingsError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.name = 'SettingsError';
    this.problems = problems;
  }
}

const ownPrefix = 'FLOWKEEP_';
const aliasPrefixes = ['LANGFLOW_', 'SKILLFLAW_'] as const;

/** Variables of ours that are not settings of the server: the tests', the tools' and the per-service NATS passwords. */
const otherOwnNames = /^FLOWKEEP_(TEST_|BENCH_|EXPORTS_DIR$|NATS_PASSWORD_[A-Z]+$)/;

export interface ReadOptions {
  readonly mode: Mode;
  /** The service whose requirements count, or only what the databases need; everything when absent. */
  readonly service?: ServiceName | 'databases';
  /** Later ones win: process environment, then `--env-file`, then the command line. */
  readonly sources: readonly Environment[];
}

/**
 * Reads, checks and freezes the settings.
 *
 * @throws SettingsError naming every variable that is wrong
 */
export function readSettings(options: ReadOptions): { settings: Settings; report: SettingsReport } {
  const environment = merge(options.sources);
  const problems: string[] = [];
  const warnings: string[] = [];
  const aliasesUsed: string[] = [];
  const values: Record<string, unknown> = {};
  const given = new Set<string>();
  for (const [property, declaration] of Object.entries(settingsTable)) {
    const found = lookUp(environment, declaration);
    const before = problems.length;
    values[property] = found === null ? declaration.default : read(found, declaration, { problems, warnings });
    if (values[property] !== null || problems.length > before) given.add(property);
    if (found?.alias === true) aliasesUsed.push(found.variable);
  }
  const table = values as unknown as ValueMap;
  const holdsValues = options.service === undefined || options.service === 'vault';
  const environmentVariables = holdsValues
    ? readEnvironmentVariables(environment, table, problems)
    : new Map<string, string>();
  const settings: Settings = Object.freeze({
    ...table,
    mode: options.mode,
    environmentVariables,
    referencedEnvironment: readReferencedEnvironment(holdsValues ? environment : new Map(), table.references, problems),
    secretFiles: secretFilesOf(environment),
  });
  const judgesKeys = options.service === undefined || options.service === 'gateway';
  if (judgesKeys && settings.apiKeySource === 'env' && !given.has('apiKey')) {
    problems.push('FLOWKEEP_API_KEY is required while FLOWKEEP_API_KEY_SOURCE is env.');
  }
  const checked = checkCombinations(settings, environment, { problems, warnings });
  if (options.mode === 'distributed') requireForService(given, options.service, problems);
  reportUnknown(environment, warnings);
  if (problems.length > 0) throw new SettingsError(problems);
  return { settings: checked, report: { aliasesUsed, warnings } };
}

const ownDatabaseUrls = {
  identity: 'databaseUrlIdentity',
  keys: 'databaseUrlKeys',
  vault: 'databaseUrlVault',
  runner: 'databaseUrlRunner',
} as const;

/** The PostgreSQL address of one service, or null for SQLite, and whether it is the service's own. */
export function databaseUrlOf(
  settings: Settings,
  service: Exclude<ServiceName, 'gateway'>,
): { url: string; own: boolean } | null {
  const own = settings[ownDatabaseUrls[service]];
  if (own !== null) return { url: own, own: true };
  return settings.databaseUrl === null ? null : { url: settings.databaseUrl, own: false };
}

/** Whether any service keeps its data in files of the data directory. */
export function keepsFiles(settings: Settings): boolean {
  return (['identity', 'keys', 'vault', 'runner'] as const).some((name) => databaseUrlOf(settings, name) === null);
}

/** Names of the variables that say in which file a secret is, without the prefix. */
const fileVariables: ReadonlySet<string> = new Set(
  Object.values(settingsTable)
    .filter(hasFileVariable)
    .map(({ name }) => `${name}_FILE`),
);

interface Found {
  readonly variable: string;
  readonly alias: boolean;
  /** The text of the value. Throws an error that says what is wrong with where it comes from. */
  readonly text: () => string;
}

interface Findings {
  readonly problems: string[];
  readonly warnings: string[];
}

type AnyDeclaration = SettingDeclaration<unknown>;
type Named = Pick<AnyDeclaration, 'name' | 'aliased' | 'secret'>;

/** Empty counts as unset. */
function merge(sources: readonly Environment[]): Map<string, string> {
  const merged = new Map<string, string>();
  for (const source of sources) {
    for (const [name, value] of Object.entries(source)) {
      if (value !== undefined && value.trim() !== '') merged.set(name, value.trim());
    }
  }
  return merged;
}

function lookUp(environment: Map<string, string>, declaration: Named): Found | null {
  const { name, aliased } = declaration;
  const found = (variable: string, text: () => string, alias = false): Found => ({ variable, text, alias });
  const variable = ownPrefix + name;
  const own = environment.get(variable);
  const file = hasFileVariable(declaration) ? environment.get(`${variable}_FILE`) : undefined;
  if (file !== undefined) {
    return found(`${variable}_FILE`, () => {
      if (own !== undefined) throw new Error(`and ${variable} are both set: keep one of them`);
      return readSecretFile(file);
    });
  }
  if (own !== undefined) return found(variable, () => own);
  if (aliased !== true) return null;
  for (const prefix of aliasPrefixes) {
    const value = environment.get(prefix + name);
    if (value !== undefined) return found(prefix + name, () => value, true);
  }
  return null;
}

function read(found: Found, declaration: unknown, { problems, warnings }: Findings): unknown {
  const { kind, unsafe, unsafeByAlias, instead, default: fallback } = declaration as AnyDeclaration;
  try {
    const value = kind.parse(found.text());
    const reason = unsafe?.(value) ?? (found.alias ? unsafeByAlias?.(value) : null) ?? null;
    if (reason === null) return value;
    if (!found.alias) problems.push(`${found.variable} ${reason}.`);
    else warnings.push(`${found.variable} ${reason} and is ignored: ${instead ?? 'the default holds'}.`);
  } catch (error) {
    problems.push(`${found.variable} ${(error as Error).message}.`);
  }
  return fallback;
}

/** Rules that need more than one setting. */
function checkCombinations(settings: Settings, environment: Map<string, string>, { problems, warnings }: Findings) {
  if (!settings.corsOrigins.includes('*') || !settings.corsAllowCredentials) return settings;
  const declared = lookUp(environment, { name: 'CORS_ALLOW_CREDENTIALS', aliased: true });
  if (declared?.alias === true) {
    warnings.push(`${declared.variable} is ignored: any origin (*) is never allowed to send credentials.`);
    return Object.freeze({ ...settings, corsAllowCredentials: false });
  }
  problems.push(
    'FLOWKEEP_CORS_ALLOW_CREDENTIALS can\'t be true while FLOWKEEP_CORS_ORIGINS is "*": name the origins instead.',
  );
  return settings;
}

function secretFilesOf(environment: Map<string, string>): string[] {
  return [...environment]
    .filter(([name]) => /^(FLOWKEEP|LANGFLOW|SKILLFLAW)_\w+_FILE$/.test(name))
    .map(([, path]) => path);
}

/**
 * What a distributed installation can't do without. Each service asks only for what it needs itself, and for nothing that
 * was given and is wrong: that is said already.
 */
function requireForService(given: ReadonlySet<string>, service: ReadOptions['service'], problems: string[]): void {
  const needs = (name: ServiceName | 'databases') => service === undefined || service === name;
  if (service !== 'databases' && !given.has('natsUrl')) {
    problems.push('FLOWKEEP_NATS_URL is required for a distributed server.');
  }
  const data = (['identity', 'keys', 'vault', 'runner'] as const).filter((name) => needs(name) || needs('databases'));
  if (data.some((name) => !given.has('databaseUrl') && !given.has(ownDatabaseUrls[name]))) {
    problems.push('FLOWKEEP_DATABASE_URL is required for a distributed server: SQLite serves one process only.');
  }
  if (needs('identity') && !given.has('superuser')) {
    problems.push('FLOWKEEP_SUPERUSER is required for a distributed server.');
  }
  if (needs('identity') && !given.has('superuserPassword')) {
    problems.push('FLOWKEEP_SUPERUSER_PASSWORD is required for a distributed server.');
  }
  if (needs('vault') && !given.has('secretKey') && !given.has('secretKeyFile')) {
    problems.push('FLOWKEEP_SECRET_KEY_FILE (or FLOWKEEP_SECRET_KEY) is required for a distributed server.');
  }
}

function reportUnknown(environment: Map<string, string>, warnings: string[]): void {
  const known = new Map(Object.values(settingsTable).map((declaration) => [declaration.name, declaration]));
  for (const variable of environment.keys()) {
    const prefix = [ownPrefix, ...aliasPrefixes].find((candidate) => variable.startsWith(candidate));
    if (prefix === undefined || otherOwnNames.test(variable)) continue;
    const name = variable.slice(prefix.length);
    const declaration = known.get(name) as { aliased?: boolean } | undefined;
    if (prefix === ownPrefix && fileVariables.has(name)) continue;
    if (Object.hasOwn(refusedAliases, name)) {
      warnings.push(`${variable} is ignored: ${refusedAliases[name] as string}.`);
    } else if (declaration === undefined || (prefix !== ownPrefix && declaration.aliased !== true)) {
      warnings.push(`${variable} is not a setting of Flowkeep and is ignored.`);
    }
  }
}
