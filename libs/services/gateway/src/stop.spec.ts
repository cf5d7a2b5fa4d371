import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, it } from '@jest/globals';
import { whoami } from '@flowkeep/contracts';
import { gatewayStand } from './gateway.spec-stand.ts';

it('stops as soon as the last answer is out, whatever connections clients keep', async () => {
  const stand = await gatewayStand();
  const { hostname, port } = new URL(stand.url);
  const asked = Promise.withResolvers<undefined>();
  const answer = Promise.withResolvers<undefined>();
  stand.bus.answer(whoami, async (_request, { caller }) => {
    asked.resolve(undefined);
    await answer.promise;
    return {
      id: caller?.userId as string,
      username: 'ada',
      email: null,
      profileImage: null,
      optins: {},
      active: true,
      superuser: false,
      mustChangePassword: false,
      createdAt: 0,
      updatedAt: 0,
      lastLoginAt: null,
    };
  });
  const agent = new Agent({ keepAlive: true });
  const headers = { 'x-api-key': stand.key };
  const running = request(`${stand.url}/api/v1/users/whoami`, { agent, headers }).end();
  const unfinished = connect(Number(port), hostname);
  unfinished.on('error', () => undefined);
  await once(unfinished, 'connect');
  unfinished.write('GET /health HTTP/1.1\r\nhost: a');
  await asked.promise;

  const stopped = stand.stop();
  await expect(fetch(`${stand.url}/health`)).rejects.toThrow();
  answer.resolve(undefined);
  const [response] = (await once(running, 'response')) as [IncomingMessage];
  expect(response.statusCode).toBe(200);
  expect(JSON.parse(await text(response))).toMatchObject({ username: 'ada' });
  // Would take as long as the clients keep their connections.
  await stopped;
  unfinished.destroy();
  agent.destroy();
});
