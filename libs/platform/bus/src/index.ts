export * from './bus.ts';
export * from './connect.ts';
export * from './handles.ts';
export { InProcessBroker } from './in-process-link.ts';
export type { Arrival, Link } from './link.ts';
export { LinkBus } from './link-bus.ts';
export { natsLink } from './nats-link.ts';
export { type Codec, decode, type Head, type Packet } from './packet.ts';
export { serve } from './serve.ts';
