import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { gatewayStand } from '../gateway.spec-stand.ts';

const html = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };
const script = 'console.info("portal");'.repeat(100);

describe('the portal', () => {
  const directory = mkdtempSync(join(tmpdir(), 'flowkeep-portal-'));
  let stand: Awaited<ReturnType<typeof gatewayStand>>;

  beforeAll(async () => {
    writeFileSync(
      join(directory, 'index.html'),
      '<fk-root ngcspnonce="flowkeep-csp-nonce"></fk-root><script src="main-AbCd1234.js" nonce="flowkeep-csp-nonce"></script>',
    );
    writeFileSync(join(directory, 'main-AbCd1234.js'), script);
    writeFileSync(join(directory, 'favicon.svg'), '<svg/>');
    writeFileSync(join(directory, 'notes.txt'), 'not served');
    stand = await gatewayStand({}, directory);
  });

  afterAll(async () => {
    await stand.stop();
    rmSync(directory, { recursive: true });
  });

  describe('is one page', () => {
    it.each([
      '/',
      '/login',
      '/flows',
      '/flows/0198c0de-0000-7000-8000-000000000001',
      '/settings/api-keys',
      '/nowhere?x=.y',
    ])('at %s', async (path) => {
      const response = await stand.get(path, html);
      expect(response.status).toBe(200);
      expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
      expect(response.headers.get('cache-control')).toBe('no-store');
      expect(await response.text()).toContain('<fk-root');
    });

    it('with a nonce of its own in every answer, in the policy and on the page', async () => {
      const nonces = new Set<string>();
      for (let time = 0; time < 3; time++) {
        const response = await stand.get('/flows', html);
        const policy = response.headers.get('content-security-policy') ?? '';
        const nonce = /script-src 'self' 'nonce-([\w+/]{24})'/.exec(policy)?.[1] ?? '';
        expect(policy).toContain(`style-src 'self' 'nonce-${nonce}'`);
        expect(policy).not.toContain('unsafe');
        for (const rule of ["default-src 'self'", "object-src 'none'", "base-uri 'self'", "frame-ancestors 'none'"]) {
          expect(policy).toContain(rule);
        }
        const text = await response.text();
        expect(text.split(`nonce="${nonce}"`)).toHaveLength(3);
        expect(text).not.toContain('flowkeep-csp-nonce');
        nonces.add(nonce);
      }
      expect(nonces.size).toBe(3);
    });

    it('whose head alone may be asked for', async () => {
      const response = await stand.fetch('/flows', { method: 'HEAD', headers: html });
      expect(response.status).toBe(200);
      expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
      expect(await response.text()).toBe('');
    });
  });

  describe('leaves not found, as JSON,', () => {
    it.each([
      '/api',
      '/api/v1/nothing',
      '/API/v1/nothing',
      '//api/v1/nothing',
      '/%61pi/v1/nothing',
      '/%2Fapi/nothing',
      '/\\api/nothing',
      '/healthy',
      '/logs',
      '/logs-stream',
      '/metrics',
      '/docs',
      '/openapi.json',
      '/.well-known/security',
      '/missing.js',
      '/index.html',
      '/notes.txt',
      '/flows/../api/x',
      '/../main-AbCd1234.js',
      '/%2e%2e/%2e%2e/etc/passwd',
      '/..%2fnotes',
      '/flows%00',
      '/%zz',
    ])('%s', async (path) => {
      const connection = await stand.connect();
      connection.write([`GET ${path} HTTP/1.1`, 'host: x', 'accept: text/html', 'connection: close']);
      const answer = await connection.untilClosed();
      expect(answer).toMatch(/^HTTP\/1\.1 4\d\d /);
      expect(answer).not.toContain('<fk-root');
      expect(answer).toMatch(/content-type: application\/(problem\+)?json/i);
    });

    it.each([
      ['what does not ask for a page', 'GET', '*/*'],
      ['what asks for JSON', 'GET', 'application/json'],
      ['what sends something', 'POST', 'text/html'],
      ['what deletes', 'DELETE', 'text/html'],
    ])('%s', async (_what, method, accept) => {
      const response = await stand.fetch('/flows', { method, headers: { accept } });
      expect(response.status).toBe(404);
      expect(response.headers.get('content-type')).toMatch(/^application\/json/);
    });
  });

  describe('has files', () => {
    it('that browsers keep for good when their name changes with them', async () => {
      const response = await stand.get('/main-AbCd1234.js');
      expect(response.status).toBe(200);
      expect(response.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
      expect(response.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
      expect(response.headers.get('x-content-type-options')).toBe('nosniff');
      expect(await response.text()).toBe(script);
      const icon = await stand.get('/favicon.svg');
      expect(icon.headers.get('content-type')).toBe('image/svg+xml');
      expect(icon.headers.get('cache-control')).toBe('public, max-age=3600');
    });

    it.each([
      ['br', 'gzip, deflate, br, zstd'],
      ['gzip', 'gzip, br;q=0'],
      [null, 'identity'],
      [null, 'gzip;q=0'],
    ])('compressed as %s for %s', async (encoding, accepted) => {
      const response = await stand.get('/main-AbCd1234.js', { 'accept-encoding': accepted });
      expect(response.headers.get('content-encoding')).toBe(encoding);
      expect(response.headers.get('vary')).toContain('accept-encoding');
      expect(Number(response.headers.get('content-length')) < script.length).toBe(encoding !== null);
      expect(await response.text()).toBe(script);
    });

    it('whose head alone may be asked for', async () => {
      const response = await stand.fetch('/main-AbCd1234.js', {
        method: 'HEAD',
        headers: { 'accept-encoding': 'identity' },
      });
      expect(response.headers.get('content-length')).toBe(String(script.length));
      expect(await response.text()).toBe('');
    });
  });

  it('does not change what the API answers', async () => {
    const response = await stand.get('/api/v1/version', html);
    expect(response.headers.get('content-type')).toMatch(/^application\/json/);
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
  });
});

describe('without the portal', () => {
  it.each([
    ['when only the API is wanted', { FLOWKEEP_BACKEND_ONLY: 'true' }, false],
    ['when an environment of Langflow wants that', { LANGFLOW_BACKEND_ONLY: 'true' }, false],
    ['when it was not built, which is logged', {}, true],
  ])('every page is not found %s', async (_when, environment, logged) => {
    const directory = mkdtempSync(join(tmpdir(), 'flowkeep-portal-'));
    if (!logged) writeFileSync(join(directory, 'index.html'), '<fk-root></fk-root>');
    const stand = await gatewayStand(environment, directory);
    try {
      expect((await stand.get('/flows', html)).status).toBe(404);
      expect(stand.log.text().includes('the portal was not built')).toBe(logged);
    } finally {
      await stand.stop();
      rmSync(directory, { recursive: true });
    }
  });
});
