import type { Clock } from '@flowkeep/config';
import type { ServiceName } from '@flowkeep/contracts';
import type { Logger } from '@flowkeep/telemetry';
import { type BrokerOptions, InProcessBroker } from './in-process-link.ts';
import { LinkBus } from './link-bus.ts';
import { type NatsOptions, natsLink } from './nats-link.ts';

export interface InProcessOptions {
  readonly service: ServiceName;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The middle that services of one process meet on. */
export function createBroker(options: BrokerOptions): InProcessBroker {
  return new InProcessBroker(options);
}

/** A service's end of the in-process bus. */
export function connectInProcess(broker: InProcessBroker, { service, clock, logger }: InProcessOptions): LinkBus {
  return new LinkBus({ link: broker.connect(service), prefix: broker.prefix, clock, logger });
}

/**
 * A service's end of the bus over NATS. Does not wait for the server: until it is there calls answer `unavailable`.
 *
 * @throws Error with one line for an address that secrets must not travel to
 */
export function connectNats(options: NatsOptions & { readonly prefix: string }): LinkBus {
  const { prefix, clock, logger } = options;
  return new LinkBus({ link: natsLink(options), prefix, clock, logger });
}
