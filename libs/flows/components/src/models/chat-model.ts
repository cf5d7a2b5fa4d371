import type { BaseChatModel } from '@langchain/core/language_models/chat_models';
import { type ComponentContext, HandleValue, MessageValue, TextStream } from '@flowkeep/flow-engine';
import { modelFailure, noAnswer } from './model-failures.ts';
import type { ModelSettings } from './model-settings.ts';

/** A model that is ready to be asked. */
export interface ChatModel {
  readonly model: BaseChatModel;
  readonly settings: ModelSettings;
}

/** The two texts a model is asked with. */
export interface Question {
  readonly system: string;
  readonly user: string;
}

/**
 * Makes a model of LangChain. Nothing is left to the environment: key, address and the way out are those of the flow.
 */
export async function openChatModel(settings: ModelSettings, { services }: ComponentContext): Promise<ChatModel> {
  const { ChatOpenAI } = await langChain();
  const { name, apiKey, baseUrl, temperature, maxTokens, seed, json, timeoutMs, maxRetries, extra } = settings;
  const model = new ChatOpenAI({
    model: name,
    apiKey,
    timeout: timeoutMs,
    maxRetries,
    useResponsesApi: false,
    streamUsage: false,
    ...(temperature === null ? {} : { temperature }),
    ...(maxTokens === null ? {} : { maxTokens }),
    modelKwargs: {
      ...(seed === null ? {} : { seed }),
      ...(json ? { response_format: { type: 'json_object' } } : {}),
      ...extra,
    },
    configuration: { baseURL: baseUrl, fetch: services.fetch, organization: null, project: null },
  });
  return { model, settings };
}

/** The outputs that every model component has; the model is asked only where its answer is wanted. */
export async function modelOutputs(opened: ChatModel, question: Question, context: ComponentContext) {
  const handle = new HandleValue('LanguageModel', opened, opened.settings.name);
  // Wanted by nobody in particular: a model at the end of a flow still answers.
  if (context.wants('model_output') && !context.wants('text_output')) {
    return { text_output: new MessageValue(''), model_output: handle };
  }
  return { text_output: await ask(opened, question, context), model_output: handle };
}

/** Asks a model: as a text that is being written where somebody watches, else for the whole. */
async function ask(opened: ChatModel, question: Question, context: ComponentContext): Promise<MessageValue> {
  const { model, settings } = opened;
  const { streaming, signal } = context;
  const messages = await messagesOf(question);
  const said = { model: settings.name };
  if (streaming) return new MessageValue(new TextStream(chunksOf(opened, messages, context)), said);
  try {
    const answer = await model.invoke(messages, { signal });
    return new MessageValue(answer.text, said);
  } catch (error) {
    throw modelFailure(error, (text) => context.redact(text));
  }
}

async function* chunksOf(
  { model }: ChatModel,
  messages: Messages,
  context: ComponentContext,
): AsyncGenerator<string, void> {
  try {
    let answered = false;
    for await (const chunk of await model.stream(messages, { signal: context.signal })) {
      answered = true;
      if (chunk.text !== '') yield chunk.text;
    }
    if (!answered) throw noAnswer();
  } catch (error) {
    throw modelFailure(error, (text) => context.redact(text));
  }
}

type Messages = Awaited<ReturnType<typeof messagesOf>>;

async function messagesOf({ system, user }: Question) {
  const { HumanMessage, SystemMessage } = await langChain();
  return [...(system === '' ? [] : [new SystemMessage(system)]), new HumanMessage(user)];
}

let loaded: ReturnType<typeof loadLangChain> | undefined;

/** Loaded when a flow asks a model first: a server whose flows ask none never pays for it. */
function langChain(): ReturnType<typeof loadLangChain> {
  loaded ??= loadLangChain();
  return loaded;
}

async function loadLangChain() {
  const [{ ChatOpenAI }, { HumanMessage, SystemMessage }] = await Promise.all([
    import('@langchain/openai'),
    import('@langchain/core/messages'),
  ]);
  return { ChatOpenAI, HumanMessage, SystemMessage };
}
