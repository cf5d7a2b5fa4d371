import type { Link, Packet } from '@flowkeep/bus';
import type { Clock } from '@flowkeep/config';

/** What happens to a packet on its way; `swap` lets the next one overtake it. */
export type Fault = 'drop' | 'repeat' | 'delay' | 'swap';

export interface FaultyLinkOptions {
  readonly link: Link;
  readonly clock: Clock;
  /** Decides for each packet that is sent; nothing = it goes through. */
  readonly fault: (packet: Packet, subject: string) => Fault | undefined;
  /** How long a delayed packet takes. */
  readonly delayMs?: number;
}

/** A link that loses, repeats, delays and reorders what is sent through it. */
export class FaultyLink implements Link {
  readonly service;
  readonly codec;
  private held: (() => void) | undefined;

  constructor(private readonly options: FaultyLinkOptions) {
    this.service = options.link.service;
    this.codec = options.link.codec;
  }

  publish(subject: string, packet: Packet, reply?: string): void {
    const { link, clock, fault, delayMs = 30 } = this.options;
    const send = () => link.publish(subject, packet, reply);
    const overtaken = this.held;
    this.held = undefined;
    switch (fault(packet, subject)) {
      case 'drop':
        break;
      case 'repeat':
        send();
        send();
        break;
      case 'delay':
        clock.after(delayMs, send);
        break;
      case 'swap':
        this.held = send;
        break;
      case undefined:
        send();
        break;
    }
    overtaken?.();
  }

  subscribe(...args: Parameters<Link['subscribe']>): ReturnType<Link['subscribe']> {
    return this.options.link.subscribe(...args);
  }

  onNobody(listener: (reply: string) => void): void {
    this.options.link.onNobody(listener);
  }

  onReconnect(listener: () => void): () => void {
    return this.options.link.onReconnect(listener);
  }

  connected(): boolean {
    return this.options.link.connected();
  }

  flush(): Promise<void> {
    return this.options.link.flush();
  }

  close(): Promise<void> {
    return this.options.link.close();
  }
}
