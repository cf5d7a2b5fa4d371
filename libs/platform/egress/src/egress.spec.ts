import { createServer, get as httpGet, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Egress, type EgressOptions } from './egress.ts';
import { guardGlobals } from './guard-globals.ts';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

describe('the way out', () => {
  let servers: Server[];
  let egresses: Egress[];

  beforeEach(() => {
    servers = [];
    egresses = [];
  });

  afterEach(async () => {
    await Promise.all(egresses.map((egress) => egress.stop()));
    for (const server of servers) server.closeAllConnections();
    await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  });

  async function serve(handler: Handler): Promise<string> {
    const server = createServer(handler);
    servers.push(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  function open(options: Partial<EgressOptions> = {}): Egress {
    const egress = new Egress({ protection: true, allowedHosts: ['127.0.0.1'], ...options });
    egresses.push(egress);
    return egress;
  }

  const portOf = (url: string) => new URL(url).port;
  const echo: Handler = (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () =>
      response.end(
        JSON.stringify({ method: request.method, headers: request.headers, body: Buffer.concat(chunks).toString() }),
      ),
    );
  };
  const echoed = async (response: Response) =>
    (await response.json()) as { method: string; headers: Record<string, string>; body: string };

  it('asks, and answers like fetch', async () => {
    const url = await serve((_request, response) => response.writeHead(201, { 'x-a': 'b' }).end('made'));
    const response = await open().fetch(`${url}/path`);
    expect([response.status, response.ok, response.headers.get('x-a'), response.url]).toEqual([
      201,
      true,
      'b',
      `${url}/path`,
    ]);
    expect(await response.text()).toBe('made');
    const posted = await open().fetch(await serve(echo), {
      method: 'post',
      body: 'hello',
      headers: { 'x-api-key': 'k' },
    });
    expect(await echoed(posted)).toMatchObject({ method: 'POST', body: 'hello', headers: { 'x-api-key': 'k' } });
    const request = new Request(await serve(echo), { method: 'PUT', body: 'whole', headers: { 'x-b': 'c' } });
    expect(await echoed(await open().fetch(request))).toMatchObject({
      method: 'PUT',
      body: 'whole',
      headers: { 'x-b': 'c' },
    });
    expect((await open().fetch(await serve((_request, response) => response.writeHead(204).end()))).body).toBeNull();
  });

  it('connects to nobody it refuses', async () => {
    let connections = 0;
    const url = await serve((_request, response) => response.end());
    servers[0]?.on('connection', () => connections++);
    await expect(open({ allowedHosts: [] }).fetch(url)).rejects.toMatchObject({ name: 'EgressError', code: 'refused' });
    expect(connections).toBe(0);
  });

  it('resolves a name once and connects to what was checked, whatever it resolves to a moment later', async () => {
    const url = await serve(echo);
    const answers = ['127.0.0.1', '10.0.0.1'];
    let asked = 0;
    const egress = open({ resolve: () => Promise.resolve([answers[asked++] as string]) });
    const { headers } = await echoed(await egress.fetch(`http://rebinding.example:${portOf(url)}/`));
    expect(headers['host']).toBe(`rebinding.example:${portOf(url)}`);
    expect(asked).toBe(1);
    // A connection is open, and its address is no longer what the name stands for.
    await expect(egress.fetch(`http://rebinding.example:${portOf(url)}/`)).rejects.toMatchObject({ code: 'refused' });
  });

  it('checks each redirect', async () => {
    const target = await serve(echo);
    const url = await serve((request, response) =>
      response.writeHead(302, { location: decodeURIComponent(request.url?.slice(1) ?? '') }).end(),
    );
    const to = (location: string, egress = open()) => egress.fetch(`${url}/${encodeURIComponent(location)}`);
    expect(await echoed(await to(target))).toMatchObject({ method: 'GET' });
    for (const location of ['http://169.254.169.254/', 'http://[::1]/', 'http://10.0.0.1/']) {
      await expect(to(location)).rejects.toMatchObject({ code: 'refused' });
    }
    await expect(to('file:///etc/passwd')).rejects.toMatchObject({ code: 'bad_address' });
    await expect(to(`http://user:pass@127.0.0.1:${portOf(target)}/`)).rejects.toMatchObject({ code: 'bad_address' });
    const manual = await open().fetch(`${url}/${encodeURIComponent(target)}`, { redirect: 'manual' });
    expect([manual.status, manual.headers.get('location')]).toEqual([302, target]);
    await expect(open().fetch(`${url}/${encodeURIComponent(target)}`, { redirect: 'error' })).rejects.toMatchObject({
      code: 'too_many_redirects',
    });
    const loop = await serve((_request, response) => response.writeHead(302, { location: '/' }).end());
    await expect(open().fetch(loop)).rejects.toMatchObject({ code: 'too_many_redirects' });
  });

  it('drops credentials where another host asks for them, and keeps them on the same', async () => {
    const other = await serve(echo);
    const here = await serve((request, response) => {
      if (request.url === '/away') response.writeHead(307, { location: other }).end();
      else if (request.url === '/near') response.writeHead(307, { location: '/echo' }).end();
      else echo(request, response);
    });
    const headers = {
      authorization: 'Bearer a',
      cookie: 'a=b',
      'x-api-key': 'a',
      'api-key': 'a',
      'x-goog-api-key': 'a',
      'proxy-authorization': 'a',
      'x-auth-token': 'a',
      'x-trace': 'stays',
    };
    const away = await echoed(await open().fetch(`${here}/away`, { method: 'POST', body: 'text', headers }));
    expect(away).toMatchObject({ method: 'POST', body: 'text' });
    expect(Object.keys(away.headers).filter((name) => name in headers)).toEqual(['x-trace']);
    const near = await echoed(await open().fetch(`${here}/near`, { method: 'POST', body: 'text', headers }));
    expect(near.headers).toMatchObject({ authorization: 'Bearer a', 'x-api-key': 'a' });
  });

  it('asks with GET after 303, without the body', async () => {
    const url = await serve((request, response) => {
      if (request.url === '/') response.writeHead(303, { location: '/next' }).end();
      else echo(request, response);
    });
    const { method, body, headers } = await echoed(
      await open().fetch(url, { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } }),
    );
    expect([method, body, headers['content-type']]).toEqual(['GET', '', undefined]);
  });

  it('lets a stream through piece by piece', async () => {
    let write: (text: string) => void = () => undefined;
    const url = await serve((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      write = (text) => response.write(text);
      write('one');
    });
    const reader = ((await open().fetch(url)).body as ReadableStream<Uint8Array>).getReader();
    const next = async () => new TextDecoder().decode((await reader.read()).value);
    expect(await next()).toBe('one');
    write('two');
    expect(await next()).toBe('two');
    await reader.cancel();
  });

  it('ends an answer that is too large, also when it only becomes so', async () => {
    const limits = { responseBytes: 1000 };
    const plain = await serve((_request, response) => response.end('x'.repeat(2000)));
    const packed = await serve((_request, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('x'.repeat(100_000))),
    );
    for (const url of [plain, packed]) {
      const response = await open({ limits }).fetch(url);
      await expect(response.text()).rejects.toMatchObject({ code: 'too_large' });
    }
    await expect(
      open({ limits: { requestBytes: 10 } }).fetch(plain, { method: 'POST', body: 'x'.repeat(11) }),
    ).rejects.toMatchObject({
      code: 'too_large',
    });
  });

  it.each([
    ['before it answers', { headersMs: 20 }, () => undefined],
    ['in the middle', { silenceMs: 20 }, (response: ServerResponse) => response.write('half')],
  ])('gives up on a host that falls silent %s', async (_when, limits, begin) => {
    const url = await serve((_request, response) => {
      begin(response);
    });
    const text = async () => (await open({ limits }).fetch(url)).text();
    await expect(text()).rejects.toMatchObject({ code: 'timeout' });
  });

  it('says that a host is away, or left in the middle', async () => {
    const gone = await serve(echo);
    servers[0]?.close();
    await expect(open().fetch(gone)).rejects.toMatchObject({
      code: 'unreachable',
      message: expect.stringContaining('127.0.0.1'),
    });
    const half = await serve((_request, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('half');
      setImmediate(() => response.destroy());
    });
    const text = async () => (await open().fetch(half)).text();
    await expect(text()).rejects.toMatchObject({ code: 'interrupted' });
  });

  it('closes the socket when the caller leaves', async () => {
    const closed = Promise.withResolvers<undefined>();
    const url = await serve((request, response) => {
      response.write('begin');
      request.socket.once('close', () => closed.resolve(undefined));
    });
    const leaving = new AbortController();
    const response = await open().fetch(url, { signal: leaving.signal });
    leaving.abort();
    await expect(response.text()).rejects.toMatchObject({ name: 'AbortError' });
    await closed.promise;
  });

  it.each([
    ['a deadline', () => AbortSignal.timeout(20), { name: 'TimeoutError' }],
    [
      'a reason of its own',
      () => AbortSignal.abort(new Error('the run was cancelled')),
      { message: 'the run was cancelled' },
    ],
  ])('ends with what the caller ended it for: %s', async (_what, signal, expected) => {
    const silent = await serve(() => undefined);
    await expect(open().fetch(silent, { signal: signal() })).rejects.toMatchObject(expected);
    const begun = await serve((_request, response) => response.write('begin'));
    const text = async () => (await open().fetch(begun, { signal: signal() })).text();
    await expect(text()).rejects.toMatchObject(expected);
  });

  it('lets a caller leave while a name is resolved, and resolves nothing for one who has left', async () => {
    let asked = 0;
    const leaving = new AbortController();
    const egress = open({
      resolve: () => {
        asked++;
        queueMicrotask(() => leaving.abort());
        return new Promise(() => undefined);
      },
    });
    const ask = () => egress.fetch('http://models.example/', { signal: leaving.signal });
    await expect(ask()).rejects.toMatchObject({ name: 'AbortError' });
    await expect(ask()).rejects.toMatchObject({ name: 'AbortError' });
    expect(asked).toBe(1);
  });

  it('sends forms with their files, and answers what is instance of Response', async () => {
    const form = new FormData();
    form.append('purpose', 'test');
    form.append('file', new Blob(['the file']), 'a.txt');
    const response = await open().fetch(await serve(echo), { method: 'POST', body: form });
    expect(response).toBeInstanceOf(Response);
    const { body, headers } = await echoed(response);
    expect(headers['content-type']).toMatch(/^multipart\/form-data; ?boundary=/);
    expect(body).toContain('filename="a.txt"');
    expect(body).toContain('the file');
  });

  it('sends a Request again where a redirect asks for its body, and no stream twice', async () => {
    const url = await serve((request, response) => {
      if (request.url === '/') response.writeHead(307, { location: '/next' }).end();
      else echo(request, response);
    });
    const whole = await open().fetch(new Request(url, { method: 'POST', body: 'again' }));
    expect(await echoed(whole)).toMatchObject({ method: 'POST', body: 'again' });
    const stream = { method: 'POST', body: new Blob(['once']).stream(), duplex: 'half' } as RequestInit;
    await expect(open().fetch(url, stream)).rejects.toMatchObject({ name: 'EgressError' });
  });

  const large = 'x'.repeat(11);
  const largeForm = () => {
    const form = new FormData();
    form.append('a', large);
    return form;
  };
  it.each<[string, (url: string) => Parameters<Egress['fetch']>]>([
    ['text', (url) => [url, { method: 'POST', body: large }]],
    ['fields', (url) => [url, { method: 'POST', body: new URLSearchParams({ a: large }) }]],
    ['a form', (url) => [url, { method: 'POST', body: largeForm() }]],
    ['a Request', (url) => [new Request(url, { method: 'POST', body: large })]],
    ['a stream', (url) => [url, { method: 'POST', body: new Blob([large]).stream(), duplex: 'half' }]],
  ])('sends nothing too large: %s', async (_what, of) => {
    const url = await serve(echo);
    await expect(open({ limits: { requestBytes: 10 } }).fetch(...of(url))).rejects.toMatchObject({ code: 'too_large' });
  });

  it('stops the start over a wrong list of hosts', () => {
    expect(() => open({ allowedHosts: ['http://x'] })).toThrow(/^FLOWKEEP_SSRF_ALLOWED_HOSTS has an entry/);
  });

  describe('over what libraries use', () => {
    let undo: () => void;

    afterEach(() => undo());

    const outcome = (ask: (done: (result: unknown) => void) => void) => new Promise(ask);

    it('refuses them the same, also for addresses that are not looked up', async () => {
      const url = await serve(echo);
      undo = guardGlobals(open({ allowedHosts: [] }));
      await expect(fetch(url)).rejects.toMatchObject({ code: 'refused' });
      const plain = await outcome((done) => httpGet(url, done).on('error', done));
      expect(plain).toMatchObject({ code: 'refused' });
      const secure = await outcome((done) => httpsRequest('https://127.0.0.1:1/', done).on('error', done).end());
      expect(secure).toMatchObject({ code: 'refused' });
      const local = await outcome((done) =>
        httpGet({ socketPath: '/var/run/docker.sock', path: '/' }, done).on('error', done),
      );
      expect(local).toBeInstanceOf(Error);
    });

    it('fails the request alone when its certificate can not be read', async () => {
      const url = (await serve(echo)).replace('http:', 'https:');
      undo = guardGlobals(open());
      const answer = await outcome((done) =>
        httpsRequest(url, { cert: 'none', key: 'none' }, done).on('error', done).end(),
      );
      expect(answer).toMatchObject({ message: expect.stringContaining('PEM') });
    });

    it('lets them out where it may be, and is gone when taken back', async () => {
      const url = await serve(echo);
      undo = guardGlobals(open());
      expect((await fetch(url)).status).toBe(200);
      expect(await outcome((done) => httpGet(url, done).on('error', done))).toMatchObject({ statusCode: 200 });
      undo();
      expect((await fetch(url)).status).toBe(200);
    });
  });
});
