import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import type { Server } from 'node:http';
import { expect, it } from '@jest/globals';
import { createFastifyAdapter } from './fastify-adapter.ts';

const options = { trustProxy: false as const, bodyLimitBytes: 1024, answerEarlyError: () => {} };

it('gives a whole request one minute', () => {
  const { fastify } = createFastifyAdapter(options);
  expect(fastify.server.requestTimeout).toBe(60_000);
  expect(fastify.server.headersTimeout).toBeLessThanOrEqual(60_000);
});

it('answers 408 to a body that does not come, and hangs up', async () => {
  const { fastify } = createFastifyAdapter(options);
  const server = fastify.server as Server & { connectionsCheckingInterval: number };
  Object.assign(server, { requestTimeout: 20, headersTimeout: 10, connectionsCheckingInterval: 10 });
  fastify.post('/', () => 'never');
  await fastify.listen({ host: '127.0.0.1', port: 0 });
  try {
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1').setEncoding('utf8');
    let answer = '';
    socket.on('data', (chunk: string) => (answer += chunk));
    socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{"a"');
    await once(socket, 'close');
    expect(answer).toMatch(/^HTTP\/1.1 408 Request Timeout\r\n/);
    expect(answer).toMatch(/cache-control: no-store\r\n/);
    expect(answer).toMatch(/\r\n\r\n\{"detail":"Request Timeout"\}$/);
  } finally {
    await fastify.close();
  }
});
