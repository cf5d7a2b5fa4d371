import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { AllowedHosts } from './allowed-hosts.ts';
import { EgressError } from './egress-error.ts';
import { isSpecialAddress } from './special-addresses.ts';

/** Finds the addresses of a name; fails when there are none. */
export type Resolver = (name: string) => Promise<readonly string[]>;

/** A place that may be asked, and the addresses that were checked: nothing else is connected to. */
export interface Destination {
  readonly url: URL;
  /** The host without brackets and final dot, in ASCII. */
  readonly host: string;
  readonly addresses: readonly string[];
}

const urlLength = 8192;
/** Characters that URL parsers drop or turn into others, so that two readers see two different addresses. */
const treacherous = /[\\\p{Cc}]/u;

export const systemResolver: Resolver = async (name) =>
  (await lookup(name, { all: true, order: 'verbatim' })).map(({ address }) => address);

/** Decides where a request may go. */
export class Destinations {
  constructor(
    private readonly allowed: AllowedHosts,
    /** Whether special addresses are refused. */
    private readonly protection: boolean,
    private readonly resolve: Resolver,
  ) {}

  /**
   * Reads and checks an address. Its name is resolved once, here.
   *
   * @throws EgressError `bad_address`, `unresolvable`, `refused` with what an operator would have to allow
   */
  async check(address: string | URL): Promise<Destination> {
    const url = readUrl(address);
    return { url, ...(await this.checkHost(hostOf(url))) };
  }

  /** The same for a host alone. */
  async checkHost(host: string): Promise<Omit<Destination, 'url'>> {
    const addresses = isIP(host) === 0 ? await this.addressesOf(host) : [host];
    if (this.protection && !this.allowed.allowsName(host)) {
      const refused = addresses.find((each) => isSpecialAddress(each) && !this.allowed.allowsAddress(each));
      if (refused !== undefined) throw notAllowed(host);
    }
    return { host, addresses };
  }

  private async addressesOf(name: string): Promise<readonly string[]> {
    try {
      const addresses = await this.resolve(name);
      if (addresses.length > 0 && addresses.every((address) => isIP(address) !== 0)) return addresses;
    } catch (error) {
      throw new EgressError('unresolvable', name, `The name ${name} can not be resolved.`, error);
    }
    throw new EgressError('unresolvable', name, `The name ${name} has no address.`);
  }
}

/** The host of a URL as it is compared and resolved. */
export function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '');
}

function readUrl(address: string | URL): URL {
  const text = String(address);
  const bad = (reason: string) => new EgressError('bad_address', '', `The address can not be asked: ${reason}.`);
  if (text.length > urlLength) throw bad('it is too long');
  if (treacherous.test(text.trim())) throw bad('it has a backslash or a control character');
  if (!URL.canParse(text)) throw bad('it is not a URL');
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw bad('it is neither http nor https');
  if (url.username !== '' || url.password !== '') throw bad('it has a user name or a password in it');
  if (hostOf(url) === '') throw bad('it has no host');
  return url;
}

function notAllowed(host: string): EgressError {
  return new EgressError(
    'refused',
    host,
    `${host} is not a public address. To let flows reach it, an operator adds ${host} to FLOWKEEP_SSRF_ALLOWED_HOSTS.`,
  );
}
