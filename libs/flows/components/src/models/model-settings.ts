import { DomainError } from '@flowkeep/contracts';
import type { ComponentContext } from '@flowkeep/flow-engine';
import { isJsonObject, type JsonValue, quote } from '@flowkeep/flow-graph';

/** What a provider's model is asked with. */
export interface ModelSettings {
  readonly name: string;
  readonly apiKey: string;
  readonly baseUrl: string;
  readonly temperature: number | null;
  readonly maxTokens: number | null;
  readonly seed: number | null;
  readonly json: boolean;
  readonly timeoutMs: number;
  readonly maxRetries: number;
  /** Further parameters, sent as they are. */
  readonly extra: Readonly<Record<string, JsonValue>>;
}

/** A provider that speaks OpenAI's API. */
export interface Provider {
  /** As exports call it. */
  readonly name: string;
  readonly baseUrl: string | null;
  /** The variables that hold key and address where a flow says nothing. */
  readonly keyVariable: string | null;
  readonly baseUrlVariable: string;
}

export const openAi: Provider = {
  name: 'OpenAI',
  baseUrl: 'https://api.openai.com/v1',
  keyVariable: 'OPENAI_API_KEY',
  baseUrlVariable: 'OPENAI_API_BASE',
};

const ollama: Provider = { name: 'Ollama', baseUrl: null, keyVariable: null, baseUrlVariable: 'OLLAMA_BASE_URL' };

const providers: ReadonlyMap<string, Provider> = new Map([openAi, ollama].map((provider) => [provider.name, provider]));

export const defaults = { model: 'gpt-4o-mini', timeoutSeconds: 700, maxRetries: 1 } as const;

const mostRetries = 2;

/** The model that a node chose: `[{name, provider}]` in newer exports, two fields in older ones. */
export interface ChosenModel {
  readonly name: string;
  readonly providerName: string;
}

/** Reads what is chosen; an export in which nothing is chosen yet gets the usual model of OpenAI. */
export function chosenModel(model: JsonValue, modelName: JsonValue, provider: JsonValue): ChosenModel {
  const [first] = Array.isArray(model) ? model : [model];
  const chosen = first !== undefined && isJsonObject(first) ? first : {};
  return {
    name: textIn(chosen['name']) ?? textIn(first) ?? textIn(modelName) ?? defaults.model,
    providerName: textIn(chosen['provider']) ?? textIn(provider) ?? openAi.name,
  };
}

/** @throws DomainError `model_missing` for a provider Flowkeep can't ask */
export function providerOf({ providerName }: ChosenModel): Provider {
  const provider = providers.get(providerName);
  if (provider !== undefined) return provider;
  throw new DomainError('model_missing', {
    message: `The flow uses a model of ${quote(providerName)}. Choose one of ${[...providers.keys()].join(' or ')}.`,
  });
}

/** The provider's name for stand-ins; an unknown one has none, and the run says so when it gets there. */
export function knownProvider({ providerName }: ChosenModel): Provider | undefined {
  return providers.get(providerName);
}

/** @throws DomainError `variable_missing` saying which variable to store */
export function requireKey(apiKey: string, provider: Provider, context: Pick<ComponentContext, 'variableFor'>): string {
  if (apiKey !== '' || provider.keyVariable === null) return apiKey || 'none';
  const variable = context.variableFor('api_key') ?? provider.keyVariable;
  throw new DomainError('variable_missing', {
    message: `The flow needs a key for ${provider.name}. Store it as the variable ${quote(variable)}, or in the flow.`,
  });
}

/** @throws DomainError `variable_missing`, `model_missing` for an address that is none */
export function requireBaseUrl(baseUrl: string, provider: Provider): string {
  const address = baseUrl.trim() || provider.baseUrl;
  if (address === null) {
    throw new DomainError('variable_missing', {
      message: `The flow needs the address of ${provider.name}. Store it as the variable ${quote(provider.baseUrlVariable)}.`,
    });
  }
  if (!URL.canParse(address)) {
    throw new DomainError('model_missing', { message: `The address of ${provider.name} is not a URL.` });
  }
  // Ollama is known by its root; the API that OpenAI's clients understand lies below.
  return provider === ollama && !/\/v1\/?$/.test(address) ? `${address.replace(/\/+$/, '')}/v1` : address;
}

function textIn(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
}

/** How often a failed question is asked again: what the flow says, but not so often that nobody waits for it. */
export function retries(wanted: number | null): number {
  return Math.min(Math.max(Math.trunc(wanted ?? defaults.maxRetries), 0), mostRetries);
}
