import { type BodyInit as UndiciBody, fetch as undiciFetch, type Response as UndiciResponse } from 'undici';
import { AllowedHosts } from './allowed-hosts.ts';
import { Connections, defaultLimits, type EgressLimits } from './connections.ts';
import { type Destination, Destinations, type Resolver, systemResolver } from './destinations.ts';
import { EgressError, egressFailure } from './egress-error.ts';
import { dropBody, dropCredentials } from './headers.ts';
import { readBody, wholeBody } from './request-body.ts';

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
    const asked = await this.read(request, init);
    let { method, body } = asked;
    let destination = await this.check(request?.url ?? (input as string | URL), asked.signal);
    for (let followed = 0; ; followed++) {
      const response = await this.send(destination, { ...asked, method, body });
      const location = response.headers.get('location');
      if (!redirects.has(response.status) || location === null || asked.redirect === 'manual') {
        return this.bounded(response, destination, asked.signal);
      }
      await response.body?.cancel();
      const next = await this.next(destination, location, asked, followed);
      if (response.status === 303 || (response.status <= 302 && method === 'POST')) {
        method = method === 'HEAD' ? 'HEAD' : 'GET';
        body = null;
        dropBody(asked.headers);
      } else if (body instanceof ReadableStream) {
        throw new EgressError('too_many_redirects', next.host, 'A redirect asks for a body that is gone.');
      }
      destination = next;
    }
  }

  /** Where a redirect leads, checked like any other address; credentials stay behind. */
  private async next(from: Destination, location: string, asked: Asked, followed: number) {
    const { redirect, headers, signal } = asked;
    const { host, url } = from;
    if (redirect === 'error' || followed >= this.limits.redirects) {
      throw new EgressError(
        'too_many_redirects',
        host,
        `${host} redirects ${redirect === 'error' ? '' : 'too often'}.`,
      );
    }
    if (!URL.canParse(location, url)) throw new EgressError('bad_address', host, `${host} redirects to no address.`);
    const next = await this.check(new URL(location, url), signal);
    if (url.protocol === 'https:' && next.url.protocol === 'http:') {
      throw new EgressError('refused', next.host, `${host} redirects from https to http.`);
    }
    if (url.origin !== next.url.origin) dropCredentials(headers);
    return next;
  }

  /** The same as of the destinations, for a caller who may leave while a name is resolved. */
  private check(address: string | URL, signal: AbortSignal | null): Promise<Destination> {
    signal?.throwIfAborted();
    return unlessAborted(this.destinations.check(address), signal);
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
      throw egressFailure(error, destination.host, 'request', signal);
    }
  }

  private async read(request: Request | null, init: RequestInit): Promise<Asked> {
    const limit = this.limits.requestBytes;
    const headers = new Headers(init.headers ?? request?.headers);
    const given = init.body ?? (await wholeBody(request?.body ?? null, limit));
    const { body, contentType } = await readBody(given, limit);
    if (contentType !== null && !headers.has('content-type')) headers.set('content-type', contentType);
    return {
      method: (init.method ?? request?.method ?? 'GET').toUpperCase(),
      headers,
      body,
      signal: init.signal ?? request?.signal ?? null,
      redirect: init.redirect ?? request?.redirect ?? 'follow',
    };
  }

  /** The answer, cut off where it becomes too large; its failures in our words. */
  private bounded(response: UndiciResponse, { host, url }: Destination, signal: AbortSignal | null): Response {
    const { status, statusText, headers, body } = response;
    const bounds = { host, signal, limit: this.limits.responseBytes };
    const stream =
      body === null || withoutBody.has(status) ? null : limited(body as ReadableStream<Uint8Array>, bounds);
    // The global one, because libraries ask whether an answer is an instance of it.
    const answer = new Response(stream, { status, statusText, headers: [...headers] });
    Object.defineProperty(answer, 'url', { value: url.href });
    return answer;
  }
}

interface Bounds {
  readonly host: string;
  readonly signal: AbortSignal | null;
  readonly limit: number;
}

function limited(source: ReadableStream<Uint8Array>, { host, signal, limit }: Bounds): ReadableStream<Uint8Array> {
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
        controller.error(egressFailure(error, host, 'body', signal));
        await reader.cancel().catch(() => undefined);
      }
    },
    cancel: (reason) => reader.cancel(reason),
  });
}

function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | null): Promise<T> {
  if (signal === null) return work;
  const { promise, reject } = Promise.withResolvers<never>();
  const leave = () => reject(signal.reason);
  signal.addEventListener('abort', leave, { once: true });
  return Promise.race([work, promise]).finally(() => signal.removeEventListener('abort', leave));
}
