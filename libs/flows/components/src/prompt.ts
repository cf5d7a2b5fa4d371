import { defineComponent, flag, MessageValue, text } from '@flowkeep/flow-engine';
import { fillTemplate } from './template.ts';

/** A text made of a template and its variables. */
export const prompt = defineComponent({
  type: 'Prompt',
  aliases: ['Prompt Template'],
  prompt: true,
  inputs: { template: text(), use_double_brackets: flag(false) },
  variables: text(),
  outputs: { prompt: 'Message' },
  run: (inputs, { variables, textLimit }) => {
    const mode = inputs.use_double_brackets ? 'mustache' : 'f-string';
    return { prompt: new MessageValue(fillTemplate(inputs.template, mode, variables, textLimit)) };
  },
});
