import { connect, type NatsConnection, type NodeConnectionOptions, type Subscription } from '@nats-io/transport-node';
import type { Clock } from '@flowkeep/config';
import type { ServiceName } from '@flowkeep/contracts';
import type { Logger } from '@flowkeep/telemetry';
import type { Arrival, Link, Unsubscribe } from './link.ts';
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
  readonly clock: Clock;
  readonly logger: Logger;
}

const noResponders = 503;
const reconnectPauseMs = 250;

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

interface Wanted {
  readonly pattern: string;
  readonly queue: string | undefined;
  readonly onPacket: (arrival: Arrival) => void;
  live: Subscription | undefined;
}

interface Due {
  readonly subject: string;
  readonly text: string;
  readonly reply: string | undefined;
}

class NatsLink implements Link {
  readonly codec = 'bytes';
  readonly service: ServiceName;
  private connection: NatsConnection | undefined;
  private up = false;
  /** What was published in this turn of the event loop. */
  private due: Due[] = [];
  private readonly closing = new AbortController();
  private readonly wanted = new Set<Wanted>();
  private readonly reconnected = new Set<() => void>();
  private nobody: (reply: string) => void = () => undefined;
  private readonly opening: Promise<void>;

  constructor(private readonly options: NatsOptions) {
    this.service = options.service;
    this.opening = this.open();
  }

  publish(subject: string, packet: Packet, reply?: string): void {
    if (this.due.push({ subject, text: encode(packet), reply }) === 1) setImmediate(() => this.sendDue());
  }

  subscribe(pattern: string, queue: string | undefined, onPacket: (arrival: Arrival) => void): Unsubscribe {
    const entry: Wanted = { pattern, queue, onPacket, live: undefined };
    this.wanted.add(entry);
    if (this.connection !== undefined) this.subscribeNow(this.connection, entry);
    return async () => {
      this.wanted.delete(entry);
      // While the server is away there is nothing to wait for.
      if (this.up) await entry.live?.drain();
      else entry.live?.unsubscribe();
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

  async flush(): Promise<void> {
    this.sendDue();
    if (this.up) await this.connection?.flush();
  }

  async close(): Promise<void> {
    this.sendDue();
    const wasUp = this.up;
    this.up = false;
    this.closing.abort();
    await this.opening;
    if (wasUp) await this.connection?.drain();
    else await this.connection?.close();
  }

  /** The client writes to its socket once for all that it is given in one go. */
  private sendDue(): void {
    const { connection, due, up } = this;
    this.due = [];
    for (const { subject, text, reply } of due) {
      try {
        if (connection !== undefined && up) connection.publish(subject, text, reply === undefined ? {} : { reply });
        else if (reply !== undefined) this.nobody(reply);
      } catch (error) {
        this.options.logger.error('a packet could not be sent', { subject, error });
      }
    }
  }

  /** Tries until the server is there. */
  private async open(): Promise<void> {
    const { clock, logger } = this.options;
    let warned = false;
    while (!this.closing.signal.aborted) {
      try {
        this.connection = await connect(this.settings());
        break;
      } catch (error) {
        if (!warned) logger.warn('NATS can not be reached yet', { error });
        warned = true;
        await clock.sleep(reconnectPauseMs, this.closing.signal).catch(() => undefined);
      }
    }
    if (this.connection === undefined || this.closing.signal.aborted) return;
    this.up = true;
    for (const entry of this.wanted) this.subscribeNow(this.connection, entry);
    void this.watch(this.connection);
    // Whatever was said before this end was there went past it.
    if (warned) for (const listener of this.reconnected) listener();
  }

  private settings(): NodeConnectionOptions {
    const { url, service, password, ca } = this.options;
    return {
      servers: url,
      name: `flowkeep ${service}`,
      reconnect: true,
      maxReconnectAttempts: -1,
      reconnectTimeWait: reconnectPauseMs,
      pingInterval: 10_000,
      ignoreAuthErrorAbort: true,
      ...(password === null ? {} : { user: service, pass: password }),
      ...(ca === null && !url.startsWith('tls:') ? {} : { tls: ca === null ? {} : { ca } }),
    };
  }

  private subscribeNow(connection: NatsConnection, entry: Wanted): void {
    const { logger } = this.options;
    entry.live = connection.subscribe(entry.pattern, {
      ...(entry.queue === undefined ? {} : { queue: entry.queue }),
      callback: (error, message) => {
        if (error !== null) {
          logger.error('NATS refused a subscription', { error, pattern: entry.pattern });
          return;
        }
        try {
          if (message.data.length === 0 && message.headers?.code === noResponders) this.nobody(message.subject);
          else entry.onPacket({ subject: message.subject, packet: decode(message.string()), reply: message.reply });
        } catch (failure) {
          logger.error('a packet could not be taken', { error: failure, pattern: entry.pattern });
        }
      },
    });
  }

  private async watch(connection: NatsConnection): Promise<void> {
    const { logger } = this.options;
    const closing = () => this.closing.signal.aborted;
    for await (const status of connection.status()) {
      if (status.type === 'disconnect') {
        this.up = false;
        if (!closing()) logger.warn('connection to NATS lost');
      } else if (status.type === 'reconnect') {
        this.up = !closing();
        logger.info('connection to NATS is back');
        for (const listener of this.reconnected) listener();
      } else if (status.type === 'error') {
        logger.error('NATS reports an error', { error: status.error });
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
