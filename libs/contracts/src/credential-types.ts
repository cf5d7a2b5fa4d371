/** What may be seen of a field: nothing of a password, of an address all but its password, everything of the rest. */
export type CredentialFieldType = 'password' | 'url' | 'string' | 'number' | 'boolean';

export interface CredentialField {
  readonly label: string;
  readonly name: string;
  readonly type: CredentialFieldType;
  readonly optional?: boolean;
  readonly default?: string;
}

/** A kind of credential: what a service wants to know of whoever asks it. */
export interface CredentialType {
  readonly name: string;
  readonly label: string;
  readonly fields: readonly CredentialField[];
}

type Given = Omit<CredentialField, 'type'>;

const password = (name: string, label: string, more: Partial<Given> = {}): CredentialField => ({
  label,
  name,
  type: 'password',
  ...more,
});
const plain = (name: string, label: string, more: Partial<CredentialField> = {}): CredentialField => ({
  label,
  name,
  type: 'string',
  ...more,
});
const address = (name: string, label: string, more: Partial<Given> = {}): CredentialField => ({
  label,
  name,
  type: 'url',
  ...more,
});

function type(name: string, label: string, ...fields: readonly CredentialField[]): CredentialType {
  return { name, label, fields };
}

const optional = { optional: true } as const;

/** The kinds with the names that Flowise's flows and clients know (contract: Flowise 4.4). */
export const credentialTypes: readonly CredentialType[] = [
  // Models
  type('openAIApi', 'OpenAI API', password('openAIApiKey', 'OpenAI API key')),
  type('anthropicApi', 'Anthropic API', password('anthropicApiKey', 'Anthropic API key')),
  type(
    'azureOpenAIApi',
    'Azure OpenAI API',
    password('azureOpenAIApiKey', 'API key'),
    plain('azureOpenAIApiInstanceName', 'Instance name'),
    plain('azureOpenAIApiDeploymentName', 'Deployment name'),
    plain('azureOpenAIApiVersion', 'API version'),
  ),
  type('googleGenerativeAI', 'Google Generative AI', password('googleGenerativeAPIKey', 'Google AI API key')),
  type('groqApi', 'Groq API', password('groqApiKey', 'Groq API key')),
  type('mistralAIApi', 'Mistral AI API', password('mistralAIAPIKey', 'Mistral AI API key')),
  type('cohereApi', 'Cohere API', password('cohereApiKey', 'Cohere API key')),
  type('huggingFaceApi', 'Hugging Face API', password('huggingFaceApiKey', 'Hugging Face API key')),
  type('deepseekApi', 'DeepSeek API', password('deepseekApiKey', 'DeepSeek API key')),
  type('ollamaApi', 'Ollama API', password('ollamaApiKey', 'Ollama API key', optional)),
  type('localAIApi', 'LocalAI API', password('localAIApiKey', 'LocalAI API key')),
  type('togetherAIApi', 'Together AI API', password('togetherAIApiKey', 'Together AI API key')),
  type('openRouterApi', 'OpenRouter API', password('openRouterApiKey', 'OpenRouter API key')),
  type('fireworksApi', 'Fireworks API', password('fireworksApiKey', 'Fireworks API key')),
  type('cerebrasAIApi', 'Cerebras API', password('cerebrasApiKey', 'Cerebras API key')),
  type('xaiApi', 'xAI API', password('xaiApiKey', 'xAI API key')),
  type('perplexityApi', 'Perplexity API', password('perplexityApiKey', 'Perplexity API key')),
  type('replicateApi', 'Replicate API', password('replicateApiKey', 'Replicate API key')),
  type(
    'voyageAIApi',
    'Voyage AI API',
    plain('endpoint', 'Endpoint', { default: 'https://api.voyageai.com/v1/embeddings' }),
    password('apiKey', 'API key'),
  ),
  type(
    'awsApi',
    'AWS',
    password('awsKey', 'Access key', optional),
    password('awsSecret', 'Secret access key', optional),
    password('awsSession', 'Session key', optional),
    plain('roleArn', 'Role ARN', optional),
    plain('externalId', 'External ID', optional),
  ),
  // Vector stores and databases
  type('pineconeApi', 'Pinecone API', password('pineconeApiKey', 'Pinecone API key')),
  type('qdrantApi', 'Qdrant API', password('qdrantApiKey', 'Qdrant API key')),
  type('weaviateApi', 'Weaviate API', password('weaviateApiKey', 'Weaviate API key')),
  type(
    'chromaApi',
    'Chroma API',
    password('chromaApiKey', 'Chroma API key'),
    plain('chromaTenant', 'Tenant'),
    plain('chromaDatabase', 'Database'),
  ),
  type('supabaseApi', 'Supabase API', password('supabaseApiKey', 'Supabase API key')),
  type(
    'AstraDBApi',
    'Astra DB API',
    password('applicationToken', 'Application token'),
    plain('dbEndPoint', 'API endpoint'),
  ),
  type('elasticsearchApi', 'Elasticsearch API', plain('endpoint', 'Endpoint'), password('apiKey', 'API key')),
  type('milvusAuth', 'Milvus', plain('milvusUser', 'User'), password('milvusPassword', 'Password')),
  type(
    'upstashVectorApi',
    'Upstash Vector API',
    address('UPSTASH_VECTOR_REST_URL', 'REST URL'),
    password('UPSTASH_VECTOR_REST_TOKEN', 'REST token'),
  ),
  type(
    'upstashRedisApi',
    'Upstash Redis API',
    address('upstashConnectionUrl', 'REST URL'),
    password('upstashConnectionToken', 'Token'),
  ),
  type('PostgresApi', 'PostgreSQL', plain('user', 'User'), password('password', 'Password')),
  type('PostgresUrl', 'PostgreSQL URL', address('postgresUrl', 'PostgreSQL URL')),
  type('MySQLApi', 'MySQL', plain('user', 'User'), password('password', 'Password')),
  type('mongoDBUrlApi', 'MongoDB Atlas', address('mongoDBConnectUrl', 'Connection URL')),
  type('redisCacheUrlApi', 'Redis URL', address('redisUrl', 'Redis URL', { default: 'redis://localhost:6379' })),
  type(
    'redisCacheApi',
    'Redis',
    plain('redisCacheHost', 'Host', { default: '127.0.0.1' }),
    plain('redisCachePort', 'Port', { type: 'number', default: '6379' }),
    plain('redisCacheUser', 'User'),
    password('redisCachePwd', 'Password'),
    plain('redisCacheSslEnabled', 'Use TLS', { type: 'boolean' }),
  ),
  // Tools
  type('tavilyApi', 'Tavily API', password('tavilyApiKey', 'Tavily API key')),
  type('serpApi', 'Serp API', password('serpApiKey', 'Serp API key')),
  type('serperApi', 'Serper API', password('serperApiKey', 'Serper API key')),
  type('braveSearchApi', 'Brave Search API', password('braveApiKey', 'Brave Search API key')),
  type(
    'fireCrawlApi',
    'Firecrawl API',
    password('firecrawlApiToken', 'API token'),
    plain('firecrawlApiUrl', 'API URL', { default: 'https://api.firecrawl.dev' }),
  ),
  type('githubApi', 'GitHub API', password('accessToken', 'Access token')),
  type('notionApi', 'Notion API', password('notionIntegrationToken', 'Integration token')),
  type('airtableApi', 'Airtable API', password('accessToken', 'Access token')),
  type('slackApi', 'Slack bot', password('botToken', 'Bot token'), plain('teamId', 'Team ID')),
  // HTTP
  type(
    'httpBasicAuth',
    'HTTP basic authentication',
    plain('basicAuthUsername', 'Username'),
    password('basicAuthPassword', 'Password'),
  ),
  type('httpBearerToken', 'HTTP bearer token', password('token', 'Token')),
  type('httpApiKey', 'HTTP API key', plain('key', 'Header'), password('value', 'Value')),
  type('chatflowApi', 'Another flow', password('chatflowApiKey', 'API key of the flow')),
];

const byName = new Map(credentialTypes.map((credentialType) => [credentialType.name, credentialType]));

/** @returns undefined for a kind nobody described */
export function credentialType(name: string): CredentialType | undefined {
  return byName.get(name);
}

/** What may be seen of a field; of one that nobody described nothing. */
export function credentialFieldType(typeName: string, field: string): CredentialFieldType {
  return byName.get(typeName)?.fields.find(({ name }) => name === field)?.type ?? 'password';
}
