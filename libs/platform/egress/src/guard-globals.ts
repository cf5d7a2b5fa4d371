import http from 'node:http';
import https from 'node:https';
import { syncBuiltinESMExports } from 'node:module';
import type { Duplex } from 'node:stream';
import { pinnedLookup } from './connections.ts';
import type { Egress } from './egress.ts';

type Done = (error: Error | null, stream: Duplex) => void;
interface ConnectOptions {
  readonly host?: string;
  readonly hostname?: string;
  readonly path?: string | null;
  readonly socketPath?: string;
}
type Connect = (this: http.Agent, options: ConnectOptions, done?: Done) => Duplex | null | undefined;

/**
 * Puts the guard over what libraries use that don't take a `fetch` of ours: the global one, and the agents of Node's http
 * and https. Sockets of databases and of the bus are none of these.
 *
 * @returns what takes it back
 */
export function guardGlobals(egress: Egress): () => void {
  const { fetch } = globalThis;
  const agents = [http.Agent.prototype, https.Agent.prototype] as unknown as { createConnection: Connect }[];
  const own = agents.map((prototype) => Object.getOwnPropertyDescriptor(prototype, 'createConnection'));
  const originals = agents.map(({ createConnection }) => createConnection);
  globalThis.fetch = egress.fetch;
  for (const [index, prototype] of agents.entries()) {
    const connect = originals[index] as Connect;
    prototype.createConnection = function (options, done) {
      const host = (options.host ?? options.hostname ?? 'localhost').replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '');
      const local = options.socketPath !== undefined;
      const checked = local
        ? Promise.reject(new Error('sockets of this machine are not asked'))
        : egress.destinations.checkHost(host.toLowerCase());
      const fail = (error: unknown) => done?.(error as Error, undefined as never);
      checked.then(({ addresses }) => {
        let stream: Duplex;
        try {
          stream = connect.call(this, { ...options, lookup: pinnedLookup(addresses) } as never) as Duplex;
        } catch (error) {
          // A certificate that can't be read, for one: it fails this request and not the process.
          return fail(error);
        }
        done?.(null, stream);
      }, fail);
      return undefined;
    };
  }
  syncBuiltinESMExports();
  return () => {
    globalThis.fetch = fetch;
    for (const [index, prototype] of agents.entries()) {
      const descriptor = own[index];
      if (descriptor === undefined) Reflect.deleteProperty(prototype, 'createConnection');
      else Object.defineProperty(prototype, 'createConnection', descriptor);
    }
    syncBuiltinESMExports();
  };
}
