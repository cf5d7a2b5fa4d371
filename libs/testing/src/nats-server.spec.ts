import { connect } from '@nats-io/transport-node';
import { describe, expect, it } from '@jest/globals';
import { missingParts } from './parts.ts';
import { startNats } from './nats-server.ts';

const missing = await missingParts(['nats']);

(missing.length === 0 ? describe : describe.skip)('a NATS server for tests', () => {
  it('takes each service by its password, and nobody else', async () => {
    const nats = await startNats();
    try {
      const connection = await connect({ servers: nats.url, user: 'vault', pass: nats.password('vault') });
      await connection.flush();
      await connection.close();
      const wrong = { servers: nats.url, user: 'vault', pass: nats.password('keys'), reconnect: false };
      await expect(connect(wrong)).rejects.toThrow(/Authorization/i);
      await expect(connect({ servers: nats.url, reconnect: false })).rejects.toThrow(/Authorization/i);
    } finally {
      await nats.stop();
    }
  });

  it('comes back at the same address', async () => {
    const nats = await startNats({ users: false });
    try {
      await nats.restart();
      const connection = await connect({ servers: nats.url, reconnect: false });
      await connection.close();
    } finally {
      await nats.stop();
    }
    await expect(connect({ servers: nats.url, reconnect: false })).rejects.toThrow();
  });
});
