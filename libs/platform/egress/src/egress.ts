import { type BodyInit as UndiciBody, fetch as undiciFetch, Response as UndiciResponse } from 'undici';
import { AllowedHosts } from './allowed-hosts.ts';
import { Connections, defaultLimits, type EgressLimits } from './connections.ts';
import { type Destination, Destinations, type Resolver, systemResolver } from './destinations.ts';
import { EgressError, egressFailure } from './egress-error.ts';
import { dropBody, dropCredentials } from './headers.ts';

export interface EgressOptions {
  /** Whether only public addresses may be asked. Everything else is held in any case. */
  readonly protection: boolean;
  /** What may be asked although it is not public: names, `*.suffix`, addresses, CIDR ranges. */
  readonly allowedHosts: readonly string[];
  readonly resolve?: Resolver;
  readonly limits?: Partial<EgressLimits>;
}

type Fetch = typeof globalThis.fetch;

interface Asked {
  readonly method: string;
  readonly headers: Headers;
  readonly body: unknown;
  readonly signal: AbortSignal | null;
  readonly redirect: Request['redirect'];
}

const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const withoutBody: ReadonlySet<number> = new Set([101, 103, 204, 205, 304]);

/**
 * The only way out of the server. Asks public hosts over http and https, connects to exactly the address that was
 * checked, checks every redirect anew, and bounds time and size (contract: Langflow 3.3).
 */
export class Egress {
  readonly destinations: Destinations;
  /** Like the global `fetch`, guarded. Fails with an {@link EgressError}; an abort stays an abort. */
  readonly fetch: Fetch;
  private readonly connections: Connections;
  private readonly limits: EgressLimits;

  /** @throws Error with one line for the operator when an allowed host is none */
  constructor({ protection, allowedHosts, resolve = systemResolver, limits }: EgressOptions) {
    this.limits = { ...defaultLimits, ...limits };
    this.destinations = new Destinations(new AllowedHosts(allowedHosts), protection, resolve);
    this.connections = new Connections(this.limits);
    this.fetch = (input: string | URL | Request, init?: RequestInit) => this.ask(input, init);
  }

  /** Cuts what is under way. */
  stop(): Promise<void> {
    return this.connections.close();
  }

  private async ask(input: string | URL | Request, init: RequestInit = {}): Promise<Response> {
    const request = typeof input === 'object' && 'url' in input ? input : null;
    const asked = this.read(request, init);
    let { method, body } = asked;
    let destination = await this.destinations.check(request?.url ?? (input as string | URL));
    for (let followed = 0; ; followed++) {
      const response = await this.send(destination, { ...asked, method, body });
      const location = response.headers.get('location');
      if (!redirects.has(response.status) || location === null || asked.redirect === 'manual') {
        return this.bounded(response, destination);
      }
      await response.body?.cancel();
      const next = await this.next(destination, location, asked, followed);
      if (response.status === 303 || (response.status <= 302 && method === 'POST')) {
        method = method === 'HEAD' ? 'HEAD' : 'GET';
        body = null;
        dropBody(asked.headers);
      } else if (body !== null && !isRepeatable(body)) {
        throw new EgressError('too_many_redirects', next.host, 'A redirect asks for a body that is gone.');
      }
      destination = next;
    }
  }

  /** Where a redirect leads, checked like any other address; credentials stay behind. */
  private async next(from: Destination, location: string, { redirect, headers }: Asked, followed: number) {
    const { host, url } = from;
    if (redirect === 'error' || followed >= this.limits.redirects) {
      throw new EgressError(
        'too_many_redirects',
        host,
        `${host} redirects ${redirect === 'error' ? '' : 'too often'}.`,
      );
    }
    if (!URL.canParse(location, url)) throw new EgressError('bad_address', host, `${host} redirects to no address.`);
    const next = await this.destinations.check(new URL(location, url));
    if (url.protocol === 'https:' && next.url.protocol === 'http:') {
      throw new EgressError('refused', next.host, `${host} redirects from https to http.`);
    }
    if (url.origin !== next.url.origin) dropCredentials(headers);
    return next;
  }

  private async send(destination: Destination, { method, headers, body, signal }: Asked) {
    try {
      return await undiciFetch(destination.url, {
        method,
        headers: [...headers],
        body: body as UndiciBody | null,
        signal,
        redirect: 'manual',
        dispatcher: this.connections.for(destination),
        ...(body instanceof ReadableStream ? { duplex: 'half' as const } : {}),
      });
    } catch (error) {
      throw egressFailure(error, destination.host, 'request');
    }
  }

  private read(request: Request | null, init: RequestInit): Asked {
    const body = init.body ?? request?.body ?? null;
    if (sizeOf(body) > this.limits.requestBytes) {
      throw new EgressError('too_large', '', 'The request is too large.');
    }
    return {
      method: (init.method ?? request?.method ?? 'GET').toUpperCase(),
      headers: new Headers(init.headers ?? request?.headers),
      body,
      signal: init.signal ?? request?.signal ?? null,
      redirect: init.redirect ?? request?.redirect ?? 'follow',
    };
  }

  /** The answer, cut off where it becomes too large; its failures in our words. */
  private bounded(response: UndiciResponse, { host, url }: Destination): Response {
    const { status, statusText, headers, body } = response;
    const limit = this.limits.responseBytes;
    const stream =
      body === null || withoutBody.has(status) ? null : limited(body as ReadableStream<Uint8Array>, limit, host);
    const answer = new UndiciResponse(stream as UndiciBody | null, { status, statusText, headers });
    Object.defineProperty(answer, 'url', { value: url.href });
    return answer;
  }
}

function limited(source: ReadableStream<Uint8Array>, limit: number, host: string): ReadableStream<Uint8Array> {
  const reader = source.getReader();
  let size = 0;
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        if (done) {
          controller.close();
          return;
        }
        size += value.byteLength;
        if (size > limit) throw new EgressError('too_large', host, `The answer of ${host} is too large.`);
        controller.enqueue(value);
      } catch (error) {
        controller.error(egressFailure(error, host, 'body'));
        await reader.cancel().catch(() => undefined);
      }
    },
    cancel: (reason) => reader.cancel(reason),
  });
}

function isRepeatable(body: unknown): boolean {
  return (
    !(body instanceof ReadableStream) && !(typeof body === 'object' && body !== null && Symbol.asyncIterator in body)
  );
}

function sizeOf(body: unknown): number {
  if (typeof body === 'string') return Buffer.byteLength(body);
  if (body instanceof ArrayBuffer || ArrayBuffer.isView(body)) return body.byteLength;
  return body instanceof Blob ? body.size : 0;
}
