import { afterEach, describe, expect, it } from '@jest/globals';
import { DomainError, signIn } from '@flowkeep/contracts';
import { gatewayStand } from '../gateway.spec-stand.ts';

const spoofed = '203.0.113.66';
const client = '198.51.100.7';

describe('behind proxies', () => {
  let stand: Awaited<ReturnType<typeof gatewayStand>> | undefined;

  afterEach(() => stand?.stop());

  async function start(trusted?: string) {
    stand = await gatewayStand(trusted === undefined ? {} : { FLOWKEEP_TRUST_PROXY: trusted });
    return stand;
  }

  /** The address the gateway takes a request with this chain to come from, as identity is told. */
  async function addressSeen(forwardedFor: string): Promise<string> {
    const { bus, fetch: ask } = stand as NonNullable<typeof stand>;
    let seen = '';
    bus.answer(signIn, ({ address }) => {
      seen = address;
      throw new DomainError('sign_in_failed');
    });
    const body = new URLSearchParams({ username: 'ada', password: 'wrong one' });
    await ask('/api/v1/login', { method: 'POST', body, headers: { 'x-forwarded-for': forwardedFor } });
    return seen;
  }

  /** Whether a page at `origin` may use the cookie when the proxy says this. */
  async function mayUseCookie(origin: string, forwarded: Record<string, string>): Promise<boolean> {
    const { token, fetch: ask } = stand as NonNullable<typeof stand>;
    const headers = { cookie: `access_token_lf=${token()}`, origin, ...forwarded };
    const path = '/api/v1/api_key/0191d6c0-0000-7000-8000-000000000000';
    const { status } = await ask(path, { method: 'DELETE', headers });
    // Nobody answers the deletion itself here.
    expect([403, 503]).toContain(status);
    return status === 503;
  }

  describe('that are not trusted', () => {
    it('the address is the connection’s', async () => {
      await start();
      expect(await addressSeen(spoofed)).toBe('127.0.0.1');
    });

    it('scheme and host are the connection’s', async () => {
      const { url } = await start();
      const forwarded = { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'flows.example.com' };
      expect(await mayUseCookie('https://flows.example.com', forwarded)).toBe(false);
      expect(await mayUseCookie(url.replace('http:', 'https:'), forwarded)).toBe(false);
      expect(await mayUseCookie(url, forwarded)).toBe(true);
    });

    it('nothing a proxy outside the list says counts', async () => {
      await start('10.0.0.0/8');
      expect(await addressSeen(spoofed)).toBe('127.0.0.1');
    });
  });

  describe('of a list', () => {
    it.each([
      ['the only one', client, client],
      ['the right-most that is not in it', `${spoofed}, ${client}, 10.1.2.3`, client],
      ['not what the client put in front', `${spoofed},${spoofed}, ${client}`, client],
      ['not a trusted address the client claims', `10.9.9.9, ${client}, 10.1.2.3`, client],
      ['the left-most when all are in it', '10.9.9.9, 10.1.2.3', '10.9.9.9'],
      ['the proxy itself when it says nothing', '', '127.0.0.1'],
    ])('the address is %s', async (_name, chain, expected) => {
      await start('127.0.0.1,10.0.0.0/8');
      expect(await addressSeen(chain)).toBe(expected);
    });

    it('scheme and host are what the proxy says', async () => {
      const { url } = await start('127.0.0.1/32');
      const forwarded = { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'flows.example.com' };
      expect(await mayUseCookie('https://flows.example.com', forwarded)).toBe(true);
      expect(await mayUseCookie('http://flows.example.com', forwarded)).toBe(false);
      expect(await mayUseCookie(url, forwarded)).toBe(false);
    });

    it('scheme and host are what the proxy next to us says, not what the client put in front', async () => {
      await start('127.0.0.1');
      const forwarded = { 'x-forwarded-proto': 'https, http', 'x-forwarded-host': 'evil.example, flows.example.com' };
      expect(await mayUseCookie('https://evil.example', forwarded)).toBe(false);
      expect(await mayUseCookie('http://evil.example', forwarded)).toBe(false);
      expect(await mayUseCookie('http://flows.example.com', forwarded)).toBe(true);
    });
  });

  it.each([
    ['1', client],
    ['2', spoofed],
    ['0', '127.0.0.1'],
  ])('of %s hops the address is that many from the right', async (hops, expected) => {
    await start(hops);
    expect(await addressSeen(`192.0.2.1, ${spoofed}, ${client}`)).toBe(expected);
  });

  it.each(['proxy.internal', '10.0.0.0/33', '::1/129', '10.0.0.0/8/8', '1,10.0.0.1', '300.0.0.1', '-1', '100', 'true'])(
    'a trust in %s stops the start, naming the variable and not the value',
    async (value) => {
      const failure = await start(value).then(
        () => 'started',
        (error: unknown) => (error as Error).message,
      );
      expect(failure).toMatch(/FLOWKEEP_TRUST_PROXY/);
      expect(failure).not.toContain(value);
    },
  );
});
