import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createKey, deleteKey, importFlows, listFlows, run } from '@flowkeep/contracts';
import { gatewayStand } from '../gateway.spec-stand.ts';
import { routeTable } from '../routing/route-table.ts';

const mebibyte = 1024 * 1024;

describe('the edge bounds', () => {
  let stand: Awaited<ReturnType<typeof gatewayStand>>;

  beforeAll(async () => {
    stand = await gatewayStand();
    stand.bus.answer(listFlows, () => ({ total: 0, flows: [] }));
  });

  afterAll(() => stand.stop());

  beforeEach(() => {
    stand.bus.calls.length = 0;
  });

  const json = () => ({ 'x-api-key': stand.key, 'content-type': 'application/json' });

  async function post(path: string, body: NonNullable<RequestInit['body']>, headers: Record<string, string> = json()) {
    // A body that is a stream goes out in chunks, without a length.
    const init = { method: 'POST', headers, body, duplex: 'half' } as RequestInit;
    const response = await stand.fetch(path, init);
    return { status: response.status, body: (await response.json()) as unknown };
  }

  /** Text of `bytes` bytes in chunks that stop when nobody wants more. */
  function chunks(bytes: number): ReadableStream<Uint8Array> {
    let left = bytes;
    return new ReadableStream({
      pull(controller) {
        const size = Math.min(left, 64 * 1024);
        left -= size;
        if (size > 0) controller.enqueue(new Uint8Array(size).fill(0x20));
        else controller.close();
      },
    });
  }

  describe('bodies', () => {
    const tooLarge = { status: 413, body: { detail: 'The request is too large.' } };

    it('at 8 MiB when they tell their length', async () => {
      expect(await post('/api/v1/api_key', ' '.repeat(8 * mebibyte + 1))).toEqual(tooLarge);
      expect((await post('/api/v1/api_key', `{}${' '.repeat(8 * mebibyte - 2)}`)).status).toBe(503);
    });

    it('at 8 MiB when they come in chunks', async () => {
      const connection = await stand.connect();
      connection.write([
        'POST /api/v1/api_key HTTP/1.1',
        'Host: x',
        `X-Api-Key: ${stand.key}`,
        'Content-Type: application/json',
        'Transfer-Encoding: chunked',
      ]);
      const chunk = ' '.repeat(mebibyte);
      for (let sent = 0; sent <= 8; sent++) connection.writeText(`${mebibyte.toString(16)}\r\n${chunk}\r\n`);
      expect(await connection.until(/\r\n\r\n\{/)).toMatch(/^HTTP\/1.1 413 /);
      connection.destroy();
    });

    it('of a stranger before reading them', async () => {
      const connection = await stand.connect();
      connection.write([
        'POST /api/v1/api_key HTTP/1.1',
        'Host: x',
        'Content-Type: application/json',
        'Content-Length: 1000',
      ]);
      expect(await connection.until(/\r\n\r\n\{/)).toMatch(/^HTTP\/1.1 403 /);
      connection.destroy();
    });

    it('that are forms at 64 KiB', async () => {
      const form = { 'content-type': 'application/x-www-form-urlencoded' };
      expect(await post('/api/v1/login', `username=${'a'.repeat(64 * 1024)}`, form)).toEqual(tooLarge);
    });

    it('that are files at the setting', async () => {
      const small = await gatewayStand({ FLOWKEEP_MAX_FILE_SIZE_UPLOAD: '1' });
      const upload = async (bytes: number) => {
        const body = new FormData();
        body.set('file', new Blob([' '.repeat(bytes)]), 'flow.json');
        const headers = { 'x-api-key': small.key };
        return (await small.fetch('/api/v1/flows/upload', { method: 'POST', headers, body })).status;
      };
      try {
        expect([await upload(mebibyte + 1), await upload(mebibyte)]).toEqual([413, 422]);
      } finally {
        await small.stop();
      }
    });

    it('to the media type of the route', async () => {
      for (const type of ['text/plain', 'application/xml', 'multipart/form-data; boundary=x', 'application/jsonx']) {
        expect((await post('/api/v1/api_key', '{}', { ...json(), 'content-type': type })).status).toBe(415);
      }
      expect((await post('/api/v1/api_key', '{}', { ...json(), 'content-type': 'application/x+json' })).status).toBe(
        503,
      );
      expect((await post('/api/v1/login', '{}')).status).toBe(415);
    });

    it('and refuses fields that would reach a prototype', async () => {
      for (const body of ['{"__proto__":{"a":1}}', '{"tweaks":{"constructor":{"prototype":{"a":1}}}}']) {
        expect((await post('/api/v1/run/x', body)).status).toBe(422);
      }
      expect(({} as { a?: number }).a).toBeUndefined();
    });
  });

  describe('how deep JSON nests: 100 levels', () => {
    /** `levels` arrays in each other. */
    const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);
    const objects = (levels: number) => '{"a":'.repeat(levels) + '1' + '}'.repeat(levels);
    const refusal = {
      status: 422,
      body: {
        detail: [{ type: 'too_deep', loc: ['body'], msg: 'The JSON nests more than 100 levels deep.' }],
      },
    };

    it.each([
      ['arrays', nested],
      ['objects', objects],
    ])('in a body, of %s', async (_name, build) => {
      expect((await post('/api/v1/run/x', `{"tweaks":{"N":${build(98)}}}`)).status).toBe(503);
      expect(stand.bus.calls).toContain(run.name);
      stand.bus.calls.length = 0;
      expect(await post('/api/v1/run/x', `{"tweaks":{"N":${build(99)}}}`)).toEqual(refusal);
      expect(await post('/api/v1/run/x', `{"tweaks":{"N":${build(200_000)}}}`)).toEqual(refusal);
      expect(await post('/api/v1/run/x', `{"unknown":${build(100)}}`)).toEqual(refusal);
      const vendor = { ...json(), 'content-type': 'application/vnd.flow+json' };
      expect(await post('/api/v1/run/x', build(101), vendor)).toEqual(refusal);
      expect(stand.bus.calls).not.toContain(run.name);
    });

    it('in an uploaded file', async () => {
      const upload = (text: string) => {
        const body = new FormData();
        body.set('file', new Blob([text]), 'flow.json');
        return post('/api/v1/flows/upload', body, { 'x-api-key': stand.key });
      };
      const flow = (levels: number) => `{"data":{"nodes":${nested(levels)}}}`;
      expect((await upload(flow(98))).status).toBe(503);
      expect(stand.bus.calls).toContain(importFlows.name);
      stand.bus.calls.length = 0;
      expect(await upload(flow(99))).toEqual(refusal);
      expect(await upload(nested(200_000))).toEqual(refusal);
      expect(stand.bus.calls).not.toContain(importFlows.name);
    });

    it('however wide it is', async () => {
      const wide = `{"tweaks":{"N":[${Array.from({ length: 50_000 }, () => '[]').join()}]}}`;
      expect((await post('/api/v1/run/x', wide)).status).toBe(503);
    });
  });

  describe('queries', () => {
    const list = async (query: string) =>
      (await stand.get(`/api/v1/flows?${query}`, { 'x-api-key': stand.key })).status;

    it('by ignoring what it does not know, however much', async () => {
      expect(await list(Array.from({ length: 1_500 }, (_, index) => `p${index}=1`).join('&'))).toBe(200);
      expect(await list('__proto__=1&constructor=2&toString=3')).toBe(200);
    });

    it('to one value per name', async () => {
      expect(await list('page=1&page=2')).toBe(422);
      expect(await list('get_all=true&get_all=true')).toBe(422);
      expect(await list('x-api-key=a&x-api-key=b')).toBe(400);
    });

    it('to the range of each value', async () => {
      for (const query of ['page=0', 'page=1e9', 'size=101', 'size=-1', 'size=1.5', 'get_all=maybe', 'page=NaN']) {
        expect([query, await list(query)]).toEqual([query, 422]);
      }
    });

    it('to what can be decoded, and no further', async () => {
      expect(await list('page=%zz')).toBe(422);
      expect(await list('other=%zz')).toBe(200);
    });
  });

  describe('requests, and serves', () => {
    it.each(routeTable.filter(({ method }) => method === 'GET').map(({ path }) => path))(
      'HEAD %s without a body',
      async (path) => {
        const address = path.replace(/:\w+/, '0191d6c0-0000-7000-8000-000000000000');
        const headers = { 'x-api-key': stand.key };
        const [head, get] = [
          await stand.fetch(address, { method: 'HEAD', headers }),
          await stand.get(address, headers),
        ];
        expect([head.status, await head.text()]).toEqual([get.status, '']);
        expect((await stand.fetch(address, { method: 'HEAD' })).status).toBe((await stand.get(address)).status);
      },
    );

    it('several on one connection, in order', async () => {
      const connection = await stand.connect();
      const request = (path: string, last = false) =>
        `GET ${path} HTTP/1.1\r\nHost: x\r\n${last ? 'Connection: close\r\n' : ''}\r\n`;
      connection.writeText(request('/health') + request('/api/v1/nothing') + request('/api/v1/version', true));
      const statuses = [...(await connection.untilClosed()).matchAll(/HTTP\/1.1 (\d+)/g)].map(([, status]) => status);
      expect(statuses).toEqual(['200', '404', '200']);
    });

    it('one that waits for a go-ahead', async () => {
      const connection = await stand.connect();
      const head = ['POST /api/v1/login HTTP/1.1', 'Host: x', 'Content-Type: application/x-www-form-urlencoded'];
      connection.write([...head, 'Content-Length: 8', 'Expect: 100-continue', 'Connection: close']);
      expect(await connection.until(/\r\n\r\n/)).toBe('HTTP/1.1 100 Continue\r\n\r\n');
      connection.writeText('username');
      expect(await connection.untilClosed()).toMatch(/HTTP\/1.1 422 /);
    });

    it('no second request hidden in the body of the first', async () => {
      const hidden = 'GET /api/v1/version HTTP/1.1\r\nHost: x\r\n\r\n';
      const connection = await stand.connect();
      connection.write(
        ['POST /api/v1/login HTTP/1.1', 'Host: x', 'Content-Length: 5', 'Transfer-Encoding: chunked'],
        `0\r\n\r\n${hidden}`,
      );
      const answer = await connection.untilClosed();
      expect(answer).toMatch(/^HTTP\/1.1 400 /);
      expect(answer.match(/HTTP\/1.1/g)).toHaveLength(1);
    });

    it('no body with a handler that takes none', async () => {
      stand.bus.answer(deleteKey, ({ keyId }) => ({ keyId, revision: 2 }));
      const path = '/api/v1/api_key/0191d6c0-0000-7000-8000-000000000000';
      const response = await stand.fetch(path, { method: 'DELETE', headers: json(), body: '{"a":1}' });
      expect(response.status).toBe(200);
    });

    it('an empty body as one without fields', async () => {
      stand.bus.silence(createKey);
      expect((await post('/api/v1/api_key', '')).status).toBe(503);
    });
  });

  it('chunked bodies that are in order', async () => {
    expect((await post('/api/v1/api_key', chunks(100_000))).status).toBe(422);
  });
});
