import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import { TestBed } from '@angular/core/testing';
import { Router } from '@angular/router';
import { ApiClient } from './api-client.ts';
import { ApiProblem } from './api-problem.ts';

const refresh = '/api/v1/refresh';
const json = (body: unknown, status = 200) => new Response(JSON.stringify(body), { status });
const problem = (code: string, status: number) =>
  json({ type: 'about:blank', title: `It is ${code}.`, status, code }, status);
const keys = { total: 0, keys: [] };

describe('the client', () => {
  const fetched = jest.fn<typeof fetch>();
  const navigate = jest.fn<Router['navigate']>();
  let onTheWay: object | null;
  let client: ApiClient;

  const asked = () => fetched.mock.calls.map(([url, init]) => `${init?.method ?? 'GET'} ${url as string}`);
  const answers = (table: Readonly<Record<string, (() => Response | Promise<Response>)[]>>) => {
    const left = new Map(Object.entries(table).map(([url, list]) => [url, [...list]]));
    fetched.mockImplementation((url) => {
      const next = left.get(url as string)?.shift();
      return next === undefined ? Promise.reject(new Error(`unexpected ${url as string}`)) : Promise.resolve(next());
    });
  };

  beforeEach(() => {
    fetched.mockReset();
    navigate.mockReset().mockResolvedValue(true);
    onTheWay = null;
    globalThis.fetch = fetched;
    const router = { url: '/settings/api-keys', navigate, currentNavigation: () => onTheWay };
    TestBed.configureTestingModule({ providers: [{ provide: Router, useValue: router }] });
    client = TestBed.inject(ApiClient);
  });

  it('asks a route with its parts in place', async () => {
    fetched.mockImplementation(() => Promise.resolve(json({})));
    await client.call('updateVariable', { params: { variableId: 'a/b' }, body: { name: 'X' } });
    await client.call('listKeys', { query: { take: 5 } });
    const [[url, init] = [], [list] = []] = fetched.mock.calls;
    expect(url).toBe('/api/flowkeep/v1/variables/a%2Fb');
    expect(init).toMatchObject({ method: 'PATCH', credentials: 'same-origin', body: '{"name":"X"}' });
    expect(init?.headers).toMatchObject({ 'content-type': 'application/json' });
    expect(list).toBe('/api/flowkeep/v1/keys?take=5');
  });

  it('says what the server said, with its fields', async () => {
    const issues = [{ path: ['body', 'name'], code: 'too_small', message: 'Too short.' }];
    fetched.mockResolvedValue(json({ title: 'Not valid.', status: 422, code: 'invalid_request', issues }, 422));
    await expect(client.call('session', {})).rejects.toMatchObject({
      message: 'Not valid.',
      status: 422,
      code: 'invalid_request',
      issues,
    });
  });

  it('says that the server can not be reached', async () => {
    fetched.mockRejectedValue(new TypeError('Failed to fetch'));
    await expect(client.call('session', {})).rejects.toMatchObject({ code: 'unreachable', status: 0 });
  });

  describe('when the session ran out', () => {
    it('refreshes it and asks again', async () => {
      answers({
        '/api/flowkeep/v1/keys': [() => problem('token_expired', 401), () => json(keys)],
        [refresh]: [() => json({ access_token: 'never read' })],
      });
      expect(await client.call('listKeys', { query: {} })).toEqual(keys);
      expect(asked()).toEqual(['GET /api/flowkeep/v1/keys', `POST ${refresh}`, 'GET /api/flowkeep/v1/keys']);
    });

    it('refreshes it once for all who ask meanwhile', async () => {
      answers({
        '/api/flowkeep/v1/keys': [() => problem('token_expired', 401), () => json(keys)],
        '/api/flowkeep/v1/session': [() => problem('credential_missing', 403), () => json({})],
        [refresh]: [() => json({})],
      });
      await Promise.all([client.call('listKeys', { query: {} }), client.call('session', {})]);
      expect(asked().filter((line) => line.endsWith(refresh))).toHaveLength(1);
    });

    it('refreshes it again the next time', async () => {
      answers({
        '/api/flowkeep/v1/session': [
          () => problem('token_expired', 401),
          () => json({}),
          () => problem('token_expired', 401),
          () => json({}),
        ],
        [refresh]: [() => json({}), () => json({})],
      });
      await client.call('session', {});
      await client.call('session', {});
      expect(asked().filter((line) => line.endsWith(refresh))).toHaveLength(2);
    });

    it('sends the visitor to sign in when it is over, and back afterwards', async () => {
      answers({
        '/api/flowkeep/v1/session': [() => problem('token_expired', 401)],
        [refresh]: [() => problem('refresh_token_invalid', 401)],
      });
      await expect(client.call('session', {})).rejects.toBeInstanceOf(ApiProblem);
      expect(navigate).toHaveBeenCalledWith(['/login'], { queryParams: { next: '/settings/api-keys' } });
    });

    it('asks no third time', async () => {
      answers({
        '/api/flowkeep/v1/session': [() => problem('token_expired', 401), () => problem('token_expired', 401)],
        [refresh]: [() => json({})],
      });
      await expect(client.call('session', {})).rejects.toMatchObject({ code: 'token_expired' });
      expect(navigate).toHaveBeenCalledTimes(1);
    });

    it('leaves a page that is on its way to its guard', async () => {
      onTheWay = {};
      answers({
        '/api/flowkeep/v1/session': [() => problem('credential_missing', 403)],
        [refresh]: [() => problem('refresh_token_invalid', 401)],
      });
      await expect(client.call('session', {})).rejects.toMatchObject({ signedOut: true });
      expect(navigate).not.toHaveBeenCalled();
    });
  });

  it.each(['insufficient_permission', 'password_wrong', 'session_required'])(
    'does not refresh for %s',
    async (code) => {
      fetched.mockResolvedValue(problem(code, 403));
      await expect(client.call('session', {})).rejects.toMatchObject({ code });
      expect(fetched).toHaveBeenCalledTimes(1);
      expect(navigate).not.toHaveBeenCalled();
    },
  );

  it('signs in with a form and keeps nothing of the answer', async () => {
    fetched.mockResolvedValue(json({ access_token: 'eyJ', refresh_token: 'rt_' }));
    await expect(client.signIn('ada', 'p&w')).resolves.toBeUndefined();
    const [[url, init] = []] = fetched.mock.calls;
    expect(url).toBe('/api/v1/login');
    expect((init?.body as URLSearchParams).toString()).toBe('username=ada&password=p%26w');
  });

  it('says why signing in failed, without refreshing anything', async () => {
    fetched.mockResolvedValue(json({ detail: 'Incorrect username or password' }, 401));
    await expect(client.signIn('ada', 'x')).rejects.toThrow('Incorrect username or password');
    expect(fetched).toHaveBeenCalledTimes(1);
  });

  describe('streams', () => {
    const frame = { type: 'token', messageId: 'm', text: 'Hi', at: 0 };
    const run = (signal = new AbortController().signal) =>
      client.stream('streamRun', { params: { flow: 'f' }, body: { input: 'Hi' } }, signal);
    const collect = async (frames: AsyncIterable<unknown>) => {
      const all: unknown[] = [];
      for await (const each of frames) all.push(each);
      return all;
    };

    it('frames as they come', async () => {
      fetched.mockResolvedValue(new Response(`data: ${JSON.stringify(frame)}\n\n`.repeat(2)));
      expect(await collect(run())).toEqual([frame, frame]);
      expect(asked()).toEqual(['POST /api/flowkeep/v1/flows/f/runs/stream']);
    });

    it('and fails with what went wrong on the way', async () => {
      const last = JSON.stringify({ title: 'Too slow.', status: 504, code: 'provider_timeout' });
      fetched.mockResolvedValue(new Response(`data: ${JSON.stringify(frame)}\n\nevent: problem\ndata: ${last}\n\n`));
      await expect(collect(run())).rejects.toMatchObject({ code: 'provider_timeout', message: 'Too slow.' });
    });

    it('and says so when the connection breaks', async () => {
      const broken = new ReadableStream<Uint8Array<ArrayBuffer>>({
        pull: (controller) => {
          controller.error(new Error('reset'));
        },
      });
      fetched.mockResolvedValue(new Response(broken));
      await expect(collect(run())).rejects.toMatchObject({ code: 'unreachable' });
    });

    it('until it is stopped', async () => {
      const controller = new AbortController();
      fetched.mockImplementation((_url, init) => {
        controller.abort();
        return Promise.reject(init?.signal?.reason as Error);
      });
      await expect(collect(run(controller.signal))).rejects.not.toBeInstanceOf(ApiProblem);
    });
  });
});
