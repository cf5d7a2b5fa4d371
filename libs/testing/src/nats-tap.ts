import { connect } from '@nats-io/transport-node';
import { decode } from '@flowkeep/bus';
import { WireTap } from './wire-tap.ts';

export interface NatsTapOptions {
  readonly url: string;
  readonly prefix: string;
  readonly user?: string;
  readonly pass?: string;
}

/** Hears everything that crosses a NATS server under one prefix. */
export interface NatsTap {
  /** What was heard until now, one text per packet, secrets blanked. */
  texts(): Promise<string[]>;
  close(): Promise<void>;
}

export async function openNatsTap({ url, prefix, ...credentials }: NatsTapOptions): Promise<NatsTap> {
  const connection = await connect({ servers: url, name: 'tap', ...credentials });
  const tap = new WireTap(prefix);
  connection.subscribe(`${prefix}.>`, {
    callback: (error, message) => {
      if (error === null) tap.see(message.subject, decode(message.string()));
    },
  });
  await connection.flush();
  return {
    texts: async () => {
      await connection.flush();
      return tap.texts();
    },
    close: () => connection.close(),
  };
}
