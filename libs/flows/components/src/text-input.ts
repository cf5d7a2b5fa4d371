import { defineComponent, MessageValue, text } from '@flowkeep/flow-engine';

/** A text that a run may set. */
export const textInput = defineComponent({
  type: 'TextInput',
  takesInput: { channel: 'text', field: 'input_value' },
  inputs: { input_value: text() },
  outputs: { text: 'Message' },
  run: ({ input_value: value }) => ({ text: new MessageValue(value) }),
});
