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

/** Settings of the server itself hold what no flow may see. */
const ofServers = /^(FLOWKEEP|LANGFLOW|SKILLFLAW)_/i;
const longestValue = 65_536;
/** What people write where a variable must be set and has no value. */
const placeholder = 'dummy';

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
  { storeEnvironmentVariables, fallbackToEnvVar, variablesToGetFromEnvironment }: Asked,
  problems: string[],
): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  if (!storeEnvironmentVariables && !fallbackToEnvVar) return found;
  for (const name of new Set([...providerVariables, ...variablesToGetFromEnvironment])) {
    if (ofServers.test(name)) {
      problems.push(`FLOWKEEP_VARIABLES_TO_GET_FROM_ENVIRONMENT can't name ${name}: settings are not for flows.`);
      continue;
    }
    const value = environment.get(name);
    if (value === undefined || value === placeholder) continue;
    if (value.length > longestValue) problems.push(`${name} is longer than ${longestValue} characters.`);
    else found.set(name, value);
  }
  return found;
}
