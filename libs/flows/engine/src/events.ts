import type { JsonValue } from '@flowkeep/flow-graph';
import type { Message } from '@flowkeep/contracts';

/** What a run tells on its way. */
export type RunEvent =
  | { readonly type: 'message'; readonly message: Message; readonly state: 'partial' | 'complete' }
  | { readonly type: 'token'; readonly messageId: string; readonly text: string; readonly at: number };

/** What one node did: for people who look for a mistake in their flow. At most 8 KiB as JSON; secrets are masked. */
export interface NodeTrace {
  readonly nodeId: string;
  readonly nodeType: string;
  readonly startedAt: number;
  readonly durationMs: number;
  readonly status: 'done' | 'failed';
  readonly inputs: Readonly<Record<string, JsonValue>>;
  readonly outputs: Readonly<Record<string, JsonValue>>;
}
