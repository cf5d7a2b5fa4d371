import { type ReferenceGrants, referenceGrants } from './reference-grants.ts';
import { type BootstrapKey, bootstrapKeys } from './bootstrap-keys.ts';
import { flag, integer, type Kind, list, oneOf, text, token, url } from './kinds.ts';

/** One setting: how it is called, read, documented, and what holds when it is not set. */
export interface SettingDeclaration<T, D extends T | null = T | null> {
  /** Without the `FLOWKEEP_` in front. */
  readonly name: string;
  readonly kind: Kind<T>;
  readonly default: D;
  /** One sentence for `.env.example` and docs/settings.md. */
  readonly doc: string;
  readonly section: Section;
  /** Whether `LANGFLOW_<name>` and `SKILLFLAW_<name>` mean the same. */
  readonly aliased?: boolean;
  /** Whether the value is kept out of everything that is printed. */
  readonly secret?: boolean;
  /**
   * Says why a value asks for something unsafe, or null. Under our own name such a value stops the start; under an
   * alias it is ignored with a warning.
   */
  readonly unsafe?: (value: T) => string | null;
  /** The same for what an operator may ask for under our own name, but no file of another product by the way. */
  readonly unsafeByAlias?: (value: T) => string | null;
  /** What holds instead of an unsafe alias, for the warning. */
  readonly instead?: string;
}

export type Section =
  | 'Server'
  | 'First user'
  | 'Secrets'
  | 'Sessions'
  | 'API keys'
  | 'Browser access'
  | 'Outbound requests'
  | 'Cluster'
  | 'Logging';

const wellKnownPasswords = ['langflow', 'skillflaw', 'flowise', 'flowkeep', 'password', 'administrator', '12345678'];

export const minPasswordLength = 8;

/** Why a password is one that nobody may be given, after its name; null when it is good enough. */
export function passwordWeakness(value: string): string | null {
  if (value.length < minPasswordLength) return `is shorter than ${minPasswordLength} characters`;
  return wellKnownPasswords.includes(value.toLowerCase()) ? 'is a well-known password' : null;
}

const logLevels = oneOf('debug', 'info', 'warning', 'warn', 'error', 'critical');

function setting<T, const D extends T | null>(declaration: SettingDeclaration<T, D>): SettingDeclaration<T, D> {
  return declaration;
}

/**
 * Every setting there is. The types of `Settings`, `.env.example` and docs/settings.md come from this table.
 */
export const settingsTable = {
  host: setting({
    name: 'HOST',
    kind: text({ maxLength: 255 }),
    default: '127.0.0.1',
    section: 'Server',
    aliased: true,
    doc: 'Address to listen on; 0.0.0.0 for every interface, behind a reverse proxy only.',
  }),
  port: setting({
    name: 'PORT',
    kind: integer(0, 65_535),
    default: 7860,
    section: 'Server',
    aliased: true,
    doc: 'Port to listen on; 0 takes a free one.',
  }),
  backendOnly: setting({
    name: 'BACKEND_ONLY',
    kind: flag,
    default: false,
    section: 'Server',
    aliased: true,
    doc: 'Serves the API alone, without the portal.',
  }),
  dataDir: setting({
    name: 'DATA_DIR',
    kind: text(),
    default: './data',
    section: 'Server',
    doc: 'Where a standalone server keeps its databases and generated secrets.',
  }),
  maxFileSizeUploadMb: setting({
    name: 'MAX_FILE_SIZE_UPLOAD',
    kind: integer(1, 1024),
    default: 100,
    section: 'Server',
    aliased: true,
    doc: 'Largest upload, in MB.',
  }),
  trustProxy: setting({
    name: 'TRUST_PROXY',
    kind: list,
    default: [] as readonly string[],
    section: 'Server',
    doc: 'Reverse proxies whose X-Forwarded-* headers are believed: addresses and CIDR ranges, or a number of hops.',
  }),
  superuser: setting({
    name: 'SUPERUSER',
    kind: text({ maxLength: 255 }),
    default: null,
    section: 'First user',
    aliased: true,
    doc: 'Name of the first user, a superuser; `flowkeep` when not set. Required for a distributed server.',
  }),
  superuserPassword: setting({
    name: 'SUPERUSER_PASSWORD',
    kind: text({ maxLength: 1024 }),
    default: null,
    section: 'First user',
    aliased: true,
    secret: true,
    unsafe: passwordWeakness,
    instead: 'a password is generated',
    doc: 'First password of that user, at least 8 characters. A standalone server generates one when it is not set; required for a distributed server.',
  }),
  newUserIsActive: setting({
    name: 'NEW_USER_IS_ACTIVE',
    kind: flag,
    default: false,
    section: 'First user',
    aliased: true,
    doc: 'Whether an account is active as soon as an administrator has made it, unless it is said with the request.',
  }),
  createStarterProjects: setting({
    name: 'CREATE_STARTER_PROJECTS',
    kind: flag,
    default: true,
    section: 'First user',
    aliased: true,
    doc: 'Puts example flows into the workspace of the first user.',
  }),
  enableSuperuserCli: setting({
    name: 'ENABLE_SUPERUSER_CLI',
    kind: flag,
    default: false,
    section: 'First user',
    aliased: true,
    doc: 'Lets `flowkeep superuser` and `flowkeep user reset-password` give out superusers and passwords to whoever may run them on this machine.',
  }),
  secretKeyFile: setting({
    name: 'SECRET_KEY_FILE',
    kind: text(),
    default: null,
    section: 'Secrets',
    aliased: true,
    doc: 'File that holds the secret key everything in the vault is protected with. Preferred to SECRET_KEY.',
  }),
  secretKey: setting({
    name: 'SECRET_KEY',
    kind: text(),
    default: null,
    section: 'Secrets',
    aliased: true,
    secret: true,
    doc: 'The secret key itself, at least 32 characters. A standalone server generates one into DATA_DIR when neither is set; required for a distributed server.',
  }),
  previousSecretKeys: setting({
    name: 'PREVIOUS_SECRET_KEYS',
    kind: list,
    default: [] as readonly string[],
    section: 'Secrets',
    secret: true,
    doc: 'Secret keys that the present one follows, until everything in the vault was brought under it.',
  }),
  removeApiKeys: setting({
    name: 'REMOVE_API_KEYS',
    kind: flag,
    default: false,
    section: 'Secrets',
    aliased: true,
    doc: 'Throws secrets found in uploaded and saved flows away instead of keeping them in the vault.',
  }),
  storeEnvironmentVariables: setting({
    name: 'STORE_ENVIRONMENT_VARIABLES',
    kind: flag,
    default: true,
    section: 'Secrets',
    aliased: true,
    doc: "Makes variables of what the environment holds for model providers, at a person's sign-in and for the first user at start.",
  }),
  variablesToGetFromEnvironment: setting({
    name: 'VARIABLES_TO_GET_FROM_ENVIRONMENT',
    kind: list,
    default: [] as readonly string[],
    section: 'Secrets',
    aliased: true,
    doc: 'Names of further variables to take from the environment, besides those of the usual providers. No other is ever read.',
  }),
  fallbackToEnvVar: setting({
    name: 'FALLBACK_TO_ENV_VAR',
    kind: flag,
    default: false,
    section: 'Secrets',
    aliased: true,
    doc: 'Lets those variables of the environment stand in for variables that nobody stored.',
  }),
  references: setting({
    name: 'REFERENCES',
    kind: referenceGrants,
    default: null as ReferenceGrants | null,
    section: 'Secrets',
    doc: 'What variables may refer to instead of having a value: names of the environment, and directories whose files are read. Nothing when not set.',
  }),
  accessTokenExpireSeconds: setting({
    name: 'ACCESS_TOKEN_EXPIRE_SECONDS',
    kind: integer(60, 86_400),
    default: 3600,
    section: 'Sessions',
    aliased: true,
    doc: 'How long an access token is good for, in seconds.',
  }),
  refreshTokenExpireSeconds: setting({
    name: 'REFRESH_TOKEN_EXPIRE_SECONDS',
    kind: integer(300, 7_776_000),
    default: 604_800,
    section: 'Sessions',
    aliased: true,
    doc: 'How long a session lasts after its last use, in seconds.',
  }),
  apiKeySource: setting({
    name: 'API_KEY_SOURCE',
    kind: oneOf('db', 'env'),
    default: 'db',
    section: 'API keys',
    aliased: true,
    doc: '`db`: keys are made by people. `env`: API_KEY is the only key there is; it acts as the first superuser.',
  }),
  apiKey: setting({
    name: 'API_KEY',
    kind: text(),
    default: null,
    section: 'API keys',
    aliased: true,
    secret: true,
    unsafe: (value: string) => (value.length < 16 ? 'is shorter than 16 characters' : null),
    doc: 'The key of a server whose API_KEY_SOURCE is `env`, of any form, at least 16 characters.',
  }),
  bootstrapKeys: setting({
    name: 'BOOTSTRAP_KEYS',
    kind: bootstrapKeys,
    default: [] as readonly BootstrapKey[],
    section: 'API keys',
    secret: true,
    doc: 'Keys that are made at the start if they are missing: a JSON list of `{"name", "key" or "hash", "permissions", "username"}`. `hash` is the SHA-256 in hex; without a username the first superuser holds it.',
  }),
  apiKeyMaxDays: setting({
    name: 'API_KEY_MAX_DAYS',
    kind: integer(1, 3650),
    default: null,
    section: 'API keys',
    doc: 'How long an API key may live after it was made or got a new secret, in days; as long as its owner wants when not set.',
  }),
  disableTrackApikeyUsage: setting({
    name: 'DISABLE_TRACK_APIKEY_USAGE',
    kind: flag,
    default: false,
    section: 'API keys',
    aliased: true,
    doc: 'Stops counting how often each API key is used.',
  }),
  corsOrigins: setting({
    name: 'CORS_ORIGINS',
    kind: list,
    default: [] as readonly string[],
    section: 'Browser access',
    aliased: true,
    doc: 'Origins whose pages may call the API from a browser; none when not set. `*` means any, then without credentials.',
  }),
  corsAllowCredentials: setting({
    name: 'CORS_ALLOW_CREDENTIALS',
    kind: flag,
    default: false,
    section: 'Browser access',
    aliased: true,
    doc: 'Whether those pages may send cookies and authorization headers. Refused together with `*`.',
  }),
  corsAllowMethods: setting({
    name: 'CORS_ALLOW_METHODS',
    kind: list,
    default: ['*'] as readonly string[],
    section: 'Browser access',
    aliased: true,
    doc: 'Methods those pages may use.',
  }),
  corsAllowHeaders: setting({
    name: 'CORS_ALLOW_HEADERS',
    kind: list,
    default: ['*'] as readonly string[],
    section: 'Browser access',
    aliased: true,
    doc: 'Request headers those pages may send.',
  }),
  ssrfProtectionEnabled: setting({
    name: 'SSRF_PROTECTION_ENABLED',
    kind: flag,
    default: true,
    section: 'Outbound requests',
    aliased: true,
    unsafeByAlias: (value: boolean) => (value ? null : 'switches the guard of outbound requests off'),
    instead: 'outbound requests stay guarded',
    doc: 'Keeps flows from asking addresses that are not public. Turn it off only where everybody who edits flows may reach everything this server can.',
  }),
  ssrfAllowedHosts: setting({
    name: 'SSRF_ALLOWED_HOSTS',
    kind: list,
    default: [] as readonly string[],
    section: 'Outbound requests',
    aliased: true,
    doc: 'Hosts that flows may ask although they are not public: names, `*.suffix`, IP addresses, CIDR ranges.',
  }),
  natsUrl: setting({
    name: 'NATS_URL',
    kind: url('nats', 'tls'),
    default: null,
    section: 'Cluster',
    doc: 'The NATS server of a distributed installation. Must be a loopback address or tls://.',
  }),
  natsPassword: setting({
    name: 'NATS_PASSWORD',
    kind: text({ maxLength: 1024 }),
    default: null,
    section: 'Cluster',
    secret: true,
    doc: 'Password of the service at NATS; its user name there is gateway, identity, keys, vault or runner.',
  }),
  natsInsecure: setting({
    name: 'NATS_INSECURE',
    kind: flag,
    default: false,
    section: 'Cluster',
    doc: 'Allows a NATS address on a network that is neither loopback nor TLS, such as a container network.',
  }),
  natsCaFile: setting({
    name: 'NATS_CA_FILE',
    kind: text(),
    default: null,
    section: 'Cluster',
    doc: 'Certificate authority that signed the certificate of the NATS server.',
  }),
  busPrefix: setting({
    name: 'BUS_PREFIX',
    kind: token(/^[a-z0-9][a-z0-9_-]{0,31}$/, 'up to 32 lower-case letters, digits, - or _'),
    default: 'fk',
    section: 'Cluster',
    doc: 'First part of every subject on NATS, so that two installations can share one server.',
  }),
  databaseUrl: setting({
    name: 'DATABASE_URL',
    kind: url('postgres', 'postgresql'),
    default: null,
    section: 'Cluster',
    secret: true,
    doc: 'PostgreSQL database; SQLite files in DATA_DIR when not set. Required for a distributed server.',
  }),
  databaseUrlIdentity: setting({
    name: 'DATABASE_URL_IDENTITY',
    kind: url('postgres', 'postgresql'),
    default: null,
    section: 'Cluster',
    secret: true,
    doc: 'The same for identity alone, with a database user of its own.',
  }),
  databaseUrlKeys: setting({
    name: 'DATABASE_URL_KEYS',
    kind: url('postgres', 'postgresql'),
    default: null,
    section: 'Cluster',
    secret: true,
    doc: 'The same for key management alone.',
  }),
  databaseUrlVault: setting({
    name: 'DATABASE_URL_VAULT',
    kind: url('postgres', 'postgresql'),
    default: null,
    section: 'Cluster',
    secret: true,
    doc: 'The same for the credential vault alone.',
  }),
  databaseUrlRunner: setting({
    name: 'DATABASE_URL_RUNNER',
    kind: url('postgres', 'postgresql'),
    default: null,
    section: 'Cluster',
    secret: true,
    doc: 'The same for the flow runner alone.',
  }),
  databaseSchemaPrefix: setting({
    name: 'DATABASE_SCHEMA_PREFIX',
    kind: token(/^[a-z][a-z0-9_]{0,23}$/, 'up to 24 lower-case letters, digits or _, a letter first'),
    default: '',
    section: 'Cluster',
    doc: 'First part of every schema and role name, so that two installations can share one database.',
  }),
  logLevel: setting({
    name: 'LOG_LEVEL',
    kind: logLevels,
    default: 'info',
    section: 'Logging',
    aliased: true,
    doc: 'Least severe level that is logged.',
  }),
  auditRetentionDays: setting({
    name: 'AUDIT_RETENTION_DAYS',
    kind: integer(1, 3650),
    default: 365,
    section: 'Logging',
    doc: 'How long events of the audit log are kept, in days; they are removed by whole months.',
  }),
} as const;

/** Settings of Langflow and SkillFlaw that Flowkeep does not have because they are unsafe, and what holds instead. */
export const refusedAliases: Readonly<Record<string, string>> = {
  AUTO_LOGIN: 'there is no automatic login; sign in, or use an API key',
  SKIP_AUTH_AUTO_LOGIN: 'every request needs a credential',
};
