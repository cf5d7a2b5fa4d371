import type { ServiceName } from '@flowkeep/contracts';
import type { Codec, Packet } from './packet.ts';

/** A packet that arrived. */
export interface Arrival {
  readonly subject: string;
  readonly packet: Packet;
  /** Where the answer goes, for a request. */
  readonly reply: string | undefined;
}

/** Ends a subscription; resolves when what was given to it before has been delivered. */
export type Unsubscribe = () => Promise<void>;

/**
 * What the bus's protocol needs of a transport: sending to a subject and hearing a pattern (`*` one part, `>` the rest).
 * Both are limited to what the service is granted.
 */
export interface Link {
  readonly service: ServiceName;
  readonly codec: Codec;
  /** With `reply`, the sender is told through `onNobody` when nobody hears the subject. */
  publish(subject: string, packet: Packet, reply?: string): void;
  /** `onPacket` must not throw. */
  subscribe(pattern: string, queue: string | undefined, onPacket: (arrival: Arrival) => void): Unsubscribe;
  /** Hears the reply subjects of requests that nobody is there to take. */
  onNobody(listener: (reply: string) => void): void;
  onReconnect(listener: () => void): () => void;
  connected(): boolean;
  /** Resolves when every subscription is in force, or at once while the other end is away. */
  flush(): Promise<void>;
  /** Sends what is still held back and closes. */
  close(): Promise<void>;
}

/** What was refused by the rules of who may send and hear what. */
export class LinkPermissionError extends Error {
  constructor(action: 'publish' | 'subscribe', service: ServiceName, subject: string) {
    super(`${service} may not ${action} ${subject}`);
    this.name = 'LinkPermissionError';
  }
}
