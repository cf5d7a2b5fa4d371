import type { Message } from '@flowkeep/contracts';
import type { JsonValue } from '@flowkeep/flow-graph';
import type { TextStream } from './text-stream.ts';
import type { MessageValue, PortType, PortValue } from './values.ts';

/** What a component finds in an input: what an edge brought, else the setting, else undefined. */
export type InputValue = PortValue | JsonValue | undefined;

/** How one input is read. */
export interface InputSpec<T> {
  /** The types of value an edge may bring. */
  readonly accepts: readonly PortType[];
  /** Whether the component takes a text that is still being written; others wait for its end. */
  readonly streaming: boolean;
  /** Makes the component's value of it; must not fail on any value. */
  readonly read: (value: InputValue) => T;
  /** Whether it says where something is sent; by its name when absent. */
  readonly destination?: boolean;
}

export type Inputs = Readonly<Record<string, InputSpec<unknown>>>;

export type InputsOf<Specs extends Inputs> = {
  readonly [Name in keyof Specs]: Specs[Name] extends InputSpec<infer T> ? T : never;
};

/** What a component gives, by output. */
export type Outputs = Readonly<Record<string, PortValue>>;

/** The same where a value may still be on its way. */
export type PendingOutputs = Readonly<Record<string, PortValue | Promise<PortValue>>>;

/** Which of a run's inputs or outputs a component is. */
export type Channel = 'chat' | 'text';

export interface Component<Specs extends Inputs = Inputs> {
  readonly type: string;
  /** Other names of the same component. */
  readonly aliases?: readonly string[];
  /** Takes the input of runs of this channel, in this field. */
  readonly takesInput?: { readonly channel: Channel; readonly field: string };
  /** Gives the output of runs of this channel. */
  readonly givesOutput?: Channel;
  /** Builds a text from a template and its variables. */
  readonly prompt?: boolean;
  readonly inputs: Specs;
  /** How fields that `inputs` does not name are read; such fields are ignored when absent. */
  readonly variables?: InputSpec<string>;
  /**
   * The variables that stand in for empty inputs where they exist, by input.
   *
   * @param setting what is set in a field for this run; null when nothing is
   */
  standIns?(setting: (field: string) => JsonValue): Readonly<Record<string, string>>;
  readonly outputs: Readonly<Record<string, PortType>>;
  run(inputs: InputsOf<Specs>, context: ComponentContext): PendingOutputs | Promise<PendingOutputs>;
}

/** A chat message that a component says in the session. */
export interface Saying {
  readonly sender: 'User' | 'Machine';
  readonly senderName: string;
  readonly text: string | TextStream;
  readonly files: readonly string[];
  /** Whether it becomes part of the session's history, and is told to who watches the run. */
  readonly store: boolean;
  /** The input whose edge the message came by; its node is named as the source. */
  readonly from?: string;
}

/** The run as a component sees it. */
export interface ComponentContext {
  readonly sessionId: string;
  /** The values of the fields that only the flow's owner knows, by name. */
  readonly variables: ReadonlyMap<string, string>;
  /** How many characters all texts of the run may have together. */
  readonly textLimit: number;
  /** Aborts when the run ends early. */
  readonly signal: AbortSignal;
  /** Whether somebody watches the run, so that texts should come as they are written. */
  readonly streaming: boolean;
  /** What the server around the engine does for components. */
  readonly services: RunServices;
  /** The name of the variable that an input of this node would take its value from; null for none. */
  variableFor(input: string): string | null;
  /** Blanks the run's secrets in somebody else's words, before they are cut or told. */
  redact(text: string): string;
  /** Whether anything takes what comes out of this output. */
  wants(port: string): boolean;
  /** Says a message; waits for its end when the text is still being written. */
  say(saying: Saying): MessageValue | Promise<MessageValue>;
}

/** Which of a session's earlier messages are wanted. */
export interface HistoryQuery {
  readonly sessionId: string;
  readonly sender: 'User' | 'Machine' | null;
  readonly senderName: string | null;
  /** The newest this many. */
  readonly limit: number;
}

/** The world outside a run, as far as components may reach it. */
export interface RunServices {
  /** The only way out: guarded, and cut off when the run ends. */
  readonly fetch: typeof fetch;
  /** The messages of this flow's session that were stored before, oldest first. */
  history(query: HistoryQuery): Promise<readonly Message[]>;
}

/** A world without anything in it, for flows that need nothing of it. */
export const noServices: RunServices = {
  fetch: () => Promise.reject(new Error('this run has no way out')),
  history: () => Promise.resolve([]),
};

/** The components a flow may use, by every name they have. */
export type ComponentRegistry = ReadonlyMap<string, Component>;

/** Checks that a component's inputs and its `run` fit together. */
export function defineComponent<const Specs extends Inputs>(component: Component<Specs>): Component {
  return component;
}

/** Makes the registry of these components. */
export function registryOf(components: readonly Component[]): ComponentRegistry {
  return new Map(
    components.flatMap((component) =>
      [component.type, ...(component.aliases ?? [])].map((name) => [name, component] as const),
    ),
  );
}
