import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** Ranges of IPv4 that are no public host's (IANA's special-purpose registry), and what clouds keep for themselves. */
const special4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '168.63.129.16/32',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.31.196.0/24',
  '192.52.193.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '192.175.48.0/24',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
].map((range) => ipaddr.IPv4.parseCIDR(range));

/** Everything public lies in here, except NAT64's gate to IPv4. */
const global6 = ipaddr.IPv6.parseCIDR('2000::/3');

/** What of it is special all the same. Teredo lies in the first. */
const special6 = ['2001::/23', '2001:db8::/32', '2002::/16', '2620:4f:8000::/48', '3fff::/20'].map((range) =>
  ipaddr.IPv6.parseCIDR(range),
);

const nat64 = ipaddr.IPv6.parseCIDR('64:ff9b::/96');

/**
 * Whether an address is anything but a public host's: private, loopback, link-local, shared, reserved, documentation,
 * multicast, a cloud's metadata, or an IPv6 form that hides such an IPv4 address. What is no address is special too.
 *
 * @param address IPv4 or IPv6 as resolvers give it
 */
export function isSpecialAddress(address: string): boolean {
  // Node's own, because ours also takes short forms for addresses.
  if (isIP(address) === 0) return true;
  const parsed = ipaddr.parse(address);
  return parsed instanceof ipaddr.IPv4 ? isSpecial4(parsed) : isSpecial6(parsed);
}

function isSpecial4(address: ipaddr.IPv4): boolean {
  return special4.some((range) => address.match(range));
}

function isSpecial6(address: ipaddr.IPv6): boolean {
  if (address.zoneId !== undefined && address.zoneId !== '') return true;
  if (address.isIPv4MappedAddress()) return isSpecial4(address.toIPv4Address());
  if (address.match(nat64)) return isSpecial4(lastFour(address));
  if (!address.match(global6) || special6.some((range) => address.match(range))) return true;
  return isIsatap(address) && isSpecial4(lastFour(address));
}

/** The IPv4 address in the last 32 bits. */
function lastFour(address: ipaddr.IPv6): ipaddr.IPv4 {
  return new ipaddr.IPv4(address.toByteArray().slice(12));
}

/** An interface id that carries an IPv4 address (RFC 5214). */
function isIsatap({ parts }: ipaddr.IPv6): boolean {
  return ((parts[4] as number) & 0xfdff) === 0 && parts[5] === 0x5efe;
}
