import { choice, defineComponent, flag, streamableText, text } from '@flowkeep/flow-engine';

/** What the flow answers in the chat. */
export const chatOutput = defineComponent({
  type: 'ChatOutput',
  givesOutput: 'chat',
  inputs: {
    input_value: streamableText(),
    sender: choice(['Machine', 'User'], 'Machine'),
    sender_name: text(),
    should_store_message: flag(true),
  },
  outputs: { message: 'Message' },
  run: (inputs, context) => ({
    message: context.say({
      sender: inputs.sender,
      senderName: inputs.sender_name || 'AI',
      text: inputs.input_value,
      files: [],
      store: inputs.should_store_message,
      from: 'input_value',
    }),
  }),
});
