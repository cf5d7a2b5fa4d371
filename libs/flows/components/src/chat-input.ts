import { choice, defineComponent, files, flag, text } from '@flowkeep/flow-engine';

/** What the user says. */
export const chatInput = defineComponent({
  type: 'ChatInput',
  takesInput: { channel: 'chat', field: 'input_value' },
  inputs: {
    input_value: text(),
    files: files(),
    sender: choice(['User', 'Machine'], 'User'),
    sender_name: text(),
    should_store_message: flag(true),
  },
  outputs: { message: 'Message' },
  run: (inputs, context) => ({
    message: context.say({
      sender: inputs.sender,
      senderName: inputs.sender_name || 'User',
      text: inputs.input_value,
      files: inputs.files,
      store: inputs.should_store_message,
    }),
  }),
});
