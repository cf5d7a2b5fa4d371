import { type ComponentRegistry, registryOf } from '@flowkeep/flow-engine';
import { chatInput } from './chat-input.ts';
import { chatOutput } from './chat-output.ts';
import { memory } from './memory.ts';
import { languageModel } from './models/language-model.ts';
import { openAiModel } from './models/openai-model.ts';
import { prompt } from './prompt.ts';
import { textInput } from './text-input.ts';
import { textOutput } from './text-output.ts';

/** The components Flowkeep has. */
export const components: ComponentRegistry = registryOf([
  chatInput,
  chatOutput,
  textInput,
  textOutput,
  prompt,
  memory,
  languageModel,
  openAiModel,
]);

export { chatInput, chatOutput, languageModel, memory, openAiModel, prompt, textInput, textOutput };
