import { defineComponent, destination, flag, json, number, text } from '@flowkeep/flow-engine';
import { isJsonObject } from '@flowkeep/flow-graph';
import { modelOutputs, openChatModel } from './chat-model.ts';
import { defaults, openAi, requireBaseUrl, requireKey, retries } from './model-settings.ts';

const longestTimeoutSeconds = 3600;

/** A model of OpenAI, or of any server that speaks its API. */
export const openAiModel = defineComponent({
  type: 'OpenAIModel',
  inputs: {
    input_value: text(),
    system_message: text(),
    model_name: text(defaults.model),
    api_key: text(),
    openai_api_base: destination(),
    temperature: number(0.1),
    max_tokens: number(null),
    json_mode: flag(false),
    seed: number(null),
    timeout: number(defaults.timeoutSeconds),
    max_retries: number(defaults.maxRetries),
    model_kwargs: json(),
  },
  standIns: () => ({ api_key: 'OPENAI_API_KEY', openai_api_base: openAi.baseUrlVariable }),
  outputs: { text_output: 'Message', model_output: 'LanguageModel' },
  run: async (inputs, context) => {
    const timeoutSeconds = inputs.timeout ?? defaults.timeoutSeconds;
    const settings = {
      name: inputs.model_name || defaults.model,
      apiKey: requireKey(inputs.api_key, openAi, context),
      baseUrl: requireBaseUrl(inputs.openai_api_base, openAi),
      temperature: inputs.temperature,
      // Zero means no limit in the exports that carry this field.
      maxTokens: inputs.max_tokens === 0 ? null : inputs.max_tokens,
      seed: inputs.seed,
      json: inputs.json_mode,
      timeoutMs: Math.min(Math.max(timeoutSeconds, 1), longestTimeoutSeconds) * 1000,
      maxRetries: retries(inputs.max_retries),
      extra: isJsonObject(inputs.model_kwargs) ? inputs.model_kwargs : {},
    };
    const question = { system: inputs.system_message, user: inputs.input_value };
    return modelOutputs(await openChatModel(settings, context), question, context);
  },
});
