import { connect, type NatsConnection, type NodeConnectionOptions, type Subscription } from '@nats-io/transport-node';
import type { ServiceName } from '@flowkeep/contracts';
import type { Logger } from '@flowkeep/telemetry';
import type { Arrival, Link } from './link.ts';
import { decode, encode, type Packet } from './packet.ts';

export interface NatsOptions {
  readonly url: string;
  readonly service: ServiceName;
  /** The service's password at NATS, where its name is its user; none for a server without users. */
  readonly password: string | null;
  /** Allows an address that is neither loopback nor TLS. */
  readonly allowInsecure: boolean;
  /** Certificate authority in PEM. */
  readonly ca: string | null;
  readonly logger: Logger;
}

const noResponders = 503;

/**
 * Connects to NATS and stays connected. While the server is away the connection is tried again for ever; what is sent
 * meanwhile is lost, and callers hear `unavailable` at their deadline.
 *
 * @throws Error with one line for an address that secrets must not travel to
 */
export function natsLink(options: NatsOptions): Link {
  requireSafeAddress(options);
  return new NatsLink(options);
}

class NatsLink implements Link {
  readonly codec = 'bytes';
  readonly service: ServiceName;
  private connection: NatsConnection | undefined;
  private up = false;
  private closing = false;
  private readonly wanted = new Set<{
    readonly pattern: string;
    readonly queue: string | undefined;
    readonly onPacket: (arrival: Arrival) => void;
    live: Subscription | undefined;
  }>();
  private readonly reconnected = new Set<() => void>();
  private nobody: (reply: string) => void = () => undefined;
  private readonly opening: Promise<void>;

  constructor(private readonly options: NatsOptions) {
    this.service = options.service;
    this.opening = this.open();
  }

  publish(subject: string, packet: Packet, reply?: string): void {
    if (this.connection === undefined || !this.up) {
      if (reply !== undefined) queueMicrotask(() => this.nobody(reply));
      return;
    }
    this.connection.publish(subject, encode(packet), reply === undefined ? {} : { reply });
  }

  subscribe(pattern: string, queue: string | undefined, onPacket: (arrival: Arrival) => void): () => void {
    const entry = { pattern, queue, onPacket, live: undefined };
    this.wanted.add(entry);
    this.subscribeNow(entry);
    return () => {
      this.wanted.delete(entry);
      (entry.live as Subscription | undefined)?.unsubscribe();
    };
  }

  onNobody(listener: (reply: string) => void): void {
    this.nobody = listener;
  }

  onReconnect(listener: () => void): () => void {
    this.reconnected.add(listener);
    return () => this.reconnected.delete(listener);
  }

  connected(): boolean {
    return this.up;
  }

  async close(): Promise<void> {
    this.closing = true;
    this.up = false;
    await this.connection?.drain();
    if (this.connection === undefined) void this.opening.then(() => this.connection?.close());
  }

  private async open(): Promise<void> {
    const { url, service, password, ca } = this.options;
    const settings: NodeConnectionOptions = {
      servers: url,
      name: `flowkeep ${service}`,
      reconnect: true,
      maxReconnectAttempts: -1,
      reconnectTimeWait: 250,
      waitOnFirstConnect: true,
      pingInterval: 10_000,
      ignoreAuthErrorAbort: true,
      ...(password === null ? {} : { user: service, pass: password }),
      ...(ca === null && !url.startsWith('tls:') ? {} : { tls: ca === null ? {} : { ca } }),
    };
    const connection = await connect(settings);
    this.connection = connection;
    this.up = !this.closing;
    for (const entry of this.wanted) this.subscribeNow(entry);
    void this.watch(connection);
    if (this.up) for (const listener of this.reconnected) listener();
  }

  private subscribeNow(entry: {
    readonly pattern: string;
    readonly queue: string | undefined;
    readonly onPacket: (arrival: Arrival) => void;
    live: Subscription | undefined;
  }): void {
    if (this.connection === undefined) return;
    entry.live = this.connection.subscribe(entry.pattern, {
      ...(entry.queue === undefined ? {} : { queue: entry.queue }),
      callback: (error, message) => {
        if (error !== null) {
          this.options.logger.error('NATS refused a subscription', { error, pattern: entry.pattern });
          return;
        }
        if (message.data.length === 0 && message.headers?.code === noResponders) this.nobody(message.subject);
        else entry.onPacket({ subject: message.subject, packet: decode(message.string()), reply: message.reply });
      },
    });
  }

  private async watch(connection: NatsConnection): Promise<void> {
    for await (const status of connection.status()) {
      if (status.type === 'disconnect') {
        this.up = false;
        if (!this.closing) this.options.logger.warn('connection to NATS lost');
      } else if (status.type === 'reconnect') {
        this.up = !this.closing;
        this.options.logger.info('connection to NATS is back');
        for (const listener of this.reconnected) listener();
      } else if (status.type === 'error') {
        this.options.logger.error('NATS reports an error', { error: status.error });
      }
    }
  }
}

/** Secrets cross the bus: only loopback and TLS keep them between the two ends. */
function requireSafeAddress({ url, allowInsecure }: NatsOptions): void {
  const { protocol, hostname } = new URL(url);
  const loopback = hostname === 'localhost' || /^127\.\d+\.\d+\.\d+$/.test(hostname) || hostname === '[::1]';
  if (protocol === 'tls:' || loopback || allowInsecure) return;
  throw new Error(
    'FLOWKEEP_NATS_URL is neither a loopback address nor tls://. Set FLOWKEEP_NATS_INSECURE=true if that network is yours alone.',
  );
}
