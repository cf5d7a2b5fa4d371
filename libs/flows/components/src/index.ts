import { type ComponentRegistry, registryOf } from '@flowkeep/flow-engine';
import { chatInput } from './chat-input.ts';
import { chatOutput } from './chat-output.ts';
import { prompt } from './prompt.ts';
import { textInput } from './text-input.ts';
import { textOutput } from './text-output.ts';

/** The components Flowkeep has. */
export const components: ComponentRegistry = registryOf([chatInput, chatOutput, textInput, textOutput, prompt]);

export { chatInput, chatOutput, prompt, textInput, textOutput };
