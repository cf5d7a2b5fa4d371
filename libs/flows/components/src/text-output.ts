import { defineComponent, MessageValue, text } from '@flowkeep/flow-engine';

/** A text the flow answers with, outside the chat. */
export const textOutput = defineComponent({
  type: 'TextOutput',
  givesOutput: 'text',
  inputs: { input_value: text() },
  outputs: { text: 'Message' },
  run: ({ input_value: value }) => ({ text: new MessageValue(value) }),
});
