import { AsyncLocalStorage } from 'node:async_hooks';
import { type ServiceName, subjectGrants } from '@flowkeep/contracts';
import { type Arrival, type Link, LinkPermissionError, type Unsubscribe } from './link.ts';
import { type Codec, decode, encode, type Packet } from './packet.ts';
import { SubjectIndex } from './subject-index.ts';

/** As NATS: a packet with head that is larger is refused. */
const maxPacketBytes = 1024 * 1024;

interface Subscription {
  readonly queue: string | undefined;
  readonly onPacket: (arrival: Arrival) => void;
}

export interface BrokerOptions {
  /** First part of every subject. */
  readonly prefix: string;
  /** `values` hands frozen values over; `bytes` turns every packet into text and back, as a wire does. */
  readonly codec?: Codec;
}

/** The in-process bus's middle: what a NATS server is to the other transport, with the same rules. */
export class InProcessBroker {
  readonly prefix: string;
  readonly codec: Codec;
  private readonly subscriptions = new SubjectIndex<Subscription>();
  private readonly publishGrants = new Map<ServiceName, SubjectIndex<true>>();
  private readonly subscribeGrants = new Map<ServiceName, ReadonlySet<string>>();
  private due: (() => void)[] = [];
  private turn = 0;
  /** As over a wire, nothing of the sender's async context reaches the receiver. */
  private readonly apart = AsyncLocalStorage.snapshot();

  constructor({ prefix, codec = 'values' }: BrokerOptions) {
    this.prefix = prefix;
    this.codec = codec;
    for (const [service, grants] of Object.entries(subjectGrants(prefix))) {
      const index = new SubjectIndex<true>();
      for (const pattern of grants.publish) index.add(pattern, true);
      this.publishGrants.set(service as ServiceName, index);
      this.subscribeGrants.set(service as ServiceName, new Set(grants.subscribe));
    }
  }

  /** Attaches one service. */
  connect(service: ServiceName): Link {
    return new InProcessLink(this, service);
  }

  mayPublish(service: ServiceName, subject: string): boolean {
    return (this.publishGrants.get(service)?.find(subject).length ?? 0) > 0;
  }

  /** A pattern is allowed when it is granted as it stands or lies within a granted one that ends in `>`. */
  maySubscribe(service: ServiceName, pattern: string): boolean {
    const granted = this.subscribeGrants.get(service);
    if (granted === undefined) return false;
    if (granted.has(pattern)) return true;
    return [...granted].some((grant) => grant.endsWith('.>') && pattern.startsWith(grant.slice(0, -1)));
  }

  subscribe(pattern: string, queue: string | undefined, onPacket: (arrival: Arrival) => void): Unsubscribe {
    const subscription: Subscription = { queue, onPacket };
    this.subscriptions.add(pattern, subscription);
    return () => {
      this.subscriptions.remove(pattern, subscription);
      return new Promise((resolve) => this.later(resolve));
    };
  }

  /** Delivers to every subscription, one of each queue group; always in a later turn. */
  deliver(subject: string, packet: Packet, reply: string | undefined, onNobody: (reply: string) => void): void {
    const receivers = this.chooseReceivers(subject);
    if (receivers.length === 0) {
      if (reply !== undefined) this.later(() => onNobody(reply));
      return;
    }
    const text = this.codec === 'bytes' ? encode(packet) : undefined;
    if (text !== undefined && Buffer.byteLength(text) > maxPacketBytes) throw new RangeError('the packet is too large');
    for (const receiver of receivers) {
      this.later(() => receiver.onPacket({ subject, packet: text === undefined ? packet : decode(text), reply }));
    }
  }

  private chooseReceivers(subject: string): readonly Subscription[] {
    const found = this.subscriptions.find(subject);
    if (found.length < 2) return found;
    const groups = new Map<string, Subscription[]>();
    const chosen: Subscription[] = [];
    for (const subscription of found) {
      if (subscription.queue === undefined) chosen.push(subscription);
      else groups.set(subscription.queue, [...(groups.get(subscription.queue) ?? []), subscription]);
    }
    this.turn++;
    for (const members of groups.values()) chosen.push(members[this.turn % members.length] as Subscription);
    return chosen;
  }

  /** One wake-up for everything that is sent in one turn. */
  private later(work: () => void): void {
    if (this.due.push(work) > 1) return;
    setImmediate(() => {
      const { due } = this;
      this.due = [];
      this.apart(() => {
        for (const run of due) run();
      });
    });
  }
}

class InProcessLink implements Link {
  readonly codec: Codec;
  private readonly unsubscribers = new Set<Unsubscribe>();
  private closed = false;
  private nobody: (reply: string) => void = () => undefined;

  constructor(
    private readonly broker: InProcessBroker,
    readonly service: ServiceName,
  ) {
    this.codec = broker.codec;
  }

  publish(subject: string, packet: Packet, reply?: string): void {
    if (this.closed) return;
    if (!this.broker.mayPublish(this.service, subject)) {
      throw new LinkPermissionError('publish', this.service, subject);
    }
    this.broker.deliver(subject, packet, reply, this.nobody);
  }

  subscribe(pattern: string, queue: string | undefined, onPacket: (arrival: Arrival) => void): Unsubscribe {
    if (!this.broker.maySubscribe(this.service, pattern)) {
      throw new LinkPermissionError('subscribe', this.service, pattern);
    }
    const unsubscribe = this.broker.subscribe(pattern, queue, onPacket);
    this.unsubscribers.add(unsubscribe);
    return unsubscribe;
  }

  onNobody(listener: (reply: string) => void): void {
    this.nobody = listener;
  }

  /** The middle is in the same process: it is never lost. */
  onReconnect(): () => void {
    return () => undefined;
  }

  connected(): boolean {
    return !this.closed;
  }

  async flush(): Promise<void> {}

  async close(): Promise<void> {
    // What was sent in this turn still leaves.
    await new Promise((resolve) => setImmediate(resolve));
    this.closed = true;
    await Promise.all([...this.unsubscribers].map((unsubscribe) => unsubscribe()));
  }
}
