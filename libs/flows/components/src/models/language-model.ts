import { defineComponent, destination, json, number, text } from '@flowkeep/flow-engine';
import { modelOutputs, openChatModel } from './chat-model.ts';
import {
  chosenModel,
  defaults,
  knownProvider,
  openAi,
  providerOf,
  requireBaseUrl,
  requireKey,
  retries,
} from './model-settings.ts';

/** A model of the provider that the flow chose. */
export const languageModel = defineComponent({
  type: 'LanguageModelComponent',
  aliases: ['LanguageModel'],
  inputs: {
    input_value: text(),
    system_message: text(),
    model: json(),
    /** Where older exports keep what `model` holds now. */
    model_name: json(),
    provider: json(),
    api_key: text(),
    openai_api_base: destination(),
    ollama_base_url: destination(),
    temperature: number(0.1),
    max_tokens: number(null),
    max_retries: number(defaults.maxRetries),
  },
  standIns: (setting) => {
    const provider = knownProvider(chosenModel(setting('model'), setting('model_name'), setting('provider')));
    if (provider === undefined) return {};
    const addressField = provider === openAi ? 'openai_api_base' : 'ollama_base_url';
    return {
      [addressField]: provider.baseUrlVariable,
      ...(provider.keyVariable === null ? {} : { api_key: provider.keyVariable }),
    };
  },
  outputs: { text_output: 'Message', model_output: 'LanguageModel' },
  run: async (inputs, context) => {
    const chosen = chosenModel(inputs.model, inputs.model_name, inputs.provider);
    const provider = providerOf(chosen);
    const address = provider === openAi ? inputs.openai_api_base : inputs.ollama_base_url;
    const settings = {
      name: chosen.name,
      apiKey: requireKey(inputs.api_key, provider, context),
      baseUrl: requireBaseUrl(address, provider),
      temperature: inputs.temperature,
      maxTokens: inputs.max_tokens,
      seed: null,
      json: false,
      timeoutMs: defaults.timeoutSeconds * 1000,
      maxRetries: retries(inputs.max_retries),
      extra: {},
    };
    const question = { system: inputs.system_message, user: inputs.input_value };
    return modelOutputs(await openChatModel(settings, context), question, context);
  },
});
