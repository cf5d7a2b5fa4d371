import type { ReferenceGrants } from './reference-grants.ts';
import { settingsTable } from './settings-table.ts';

/** What the usual providers' own tools read (contract: Langflow 2.4). */
const providerVariables = [
  'ANTHROPIC_API_KEY',
  'ASTRA_DB_API_ENDPOINT',
  'ASTRA_DB_APPLICATION_TOKEN',
  'AZURE_OPENAI_API_KEY',
  'AZURE_OPENAI_API_DEPLOYMENT_NAME',
  'AZURE_OPENAI_API_EMBEDDINGS_DEPLOYMENT_NAME',
  'AZURE_OPENAI_API_INSTANCE_NAME',
  'AZURE_OPENAI_API_VERSION',
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY',
  'COHERE_API_KEY',
  'COMETAPI_KEY',
  'COMPOSIO_API_KEY',
  'GOOGLE_API_KEY',
  'GROQ_API_KEY',
  'HUGGINGFACEHUB_API_TOKEN',
  'NOVITA_API_KEY',
  'OPENAI_API_KEY',
  'PINECONE_API_KEY',
  'SAMBANOVA_API_KEY',
  'SEARCHAPI_API_KEY',
  'SERPAPI_API_KEY',
  'TAVILY_API_KEY',
  'UPSTASH_VECTOR_REST_URL',
  'UPSTASH_VECTOR_REST_TOKEN',
  'VECTARA_CUSTOMER_ID',
  'VECTARA_CORPUS_ID',
  'VECTARA_API_KEY',
];

/** Names of settings, with what stands before them and without: they hold what no flow may see. */
const ofServers = /^(FLOWKEEP|LANGFLOW|SKILLFLAW)_/i;
const settingNames: ReadonlySet<string> = new Set(Object.values(settingsTable).map(({ name }) => name));
/** What a shell can set; a variable's name has no more characters. */
const nameForm = /^[A-Za-z_][A-Za-z0-9_]{0,254}$/;
const mostNames = 100;
const longestValueBytes = 65_536;
/** What people write where a variable must be set and has no value. */
const placeholder = 'dummy';

const furtherNames = 'FLOWKEEP_VARIABLES_TO_GET_FROM_ENVIRONMENT';
const references = 'FLOWKEEP_REFERENCES';

interface Asked {
  readonly storeEnvironmentVariables: boolean;
  readonly fallbackToEnvVar: boolean;
  readonly variablesToGetFromEnvironment: readonly string[];
}

/**
 * Reads the variables that flows may get from the environment, by name.
 *
 * @param problems gets a line for each name or value that can't be taken
 */
export function readEnvironmentVariables(
  environment: ReadonlyMap<string, string>,
  { storeEnvironmentVariables, fallbackToEnvVar, variablesToGetFromEnvironment: further }: Asked,
  problems: string[],
): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  if (!storeEnvironmentVariables && !fallbackToEnvVar) return found;
  if (further.length > mostNames) problems.push(`${furtherNames} can't have more than ${mostNames} names.`);
  for (const name of new Set([...providerVariables, ...further.slice(0, mostNames)])) {
    const refusal = refusalOf(name, furtherNames);
    const value = environment.get(name);
    if (refusal !== null) problems.push(refusal);
    else if (value === undefined || value === placeholder) continue;
    else if (Buffer.byteLength(value) > longestValueBytes) {
      problems.push(`${name} is longer than ${longestValueBytes} bytes.`);
    } else found.set(name, value);
  }
  return found;
}

/**
 * Reads the environment variables that an operator lets variables refer to, by name.
 *
 * @param problems gets a line for each name that can't be granted
 */
export function readReferencedEnvironment(
  environment: ReadonlyMap<string, string>,
  grants: ReferenceGrants | null,
  problems: string[],
): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const name of new Set(Object.values(grants ?? {}).flatMap(({ env }) => env))) {
    const refusal = refusalOf(name, references);
    const value = environment.get(name);
    if (refusal !== null) problems.push(refusal);
    else if (value !== undefined && Buffer.byteLength(value) > longestValueBytes) {
      problems.push(`${name} is longer than ${longestValueBytes} bytes.`);
    } else if (value !== undefined) found.set(name, value);
  }
  return found;
}

function refusalOf(name: string, setting: string): string | null {
  if (!nameForm.test(name)) return `${setting} has a name that is none: letters, digits and _, at most 255.`;
  if (ofServers.test(name) || settingNames.has(name.toUpperCase())) {
    return `${setting} can't name ${name}: settings are not for flows.`;
  }
  return null;
}
