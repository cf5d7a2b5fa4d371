import { z } from 'zod';

/** Addresses that begin with the same bits: one address is the range of all its bits. */
interface Range {
  readonly family: 4 | 6;
  readonly bits: bigint;
  readonly prefix: number;
}

const widths = { 4: 32, 6: 128 } as const;
const mapped = 0xffffn << 32n;

/** One address or a CIDR range, IPv4 or IPv6. */
export const addressRange = z
  .string()
  .max(64)
  .refine((text) => parseRange(text) !== null, 'Must be an IP address or a CIDR range.');

/**
 * The one way to write a range: no bits after the prefix, IPv6 in its short form, IPv4 never inside IPv6.
 *
 * @param text what {@link addressRange} accepts
 * @example normalizeRange('10.1.2.3/8') // '10.0.0.0/8'
 */
export function normalizeRange(text: string): string {
  const { family, bits, prefix } = parseRange(text) as Range;
  return `${family === 4 ? write4(bits) : write6(bits)}/${prefix}`;
}

/** Whether every address of `inner` is one of `outer`; false for what is no range. */
export function includesRange(outer: string, inner: string): boolean {
  const [left, right] = [parseRange(outer), parseRange(inner)];
  return left !== null && right !== null && contains(left, right);
}

/**
 * Makes a test whether an address lies in one of the ranges. An IPv4 address inside IPv6 counts as the IPv4 address.
 *
 * @param ranges what {@link addressRange} accepts
 */
export function addressMatcher(ranges: readonly string[]): (address: string) => boolean {
  const parsed = ranges.map(parseRange).filter((range) => range !== null);
  return (address) => {
    const one = parseRange(address);
    return one !== null && parsed.some((range) => contains(range, one));
  };
}

/**
 * What a client can't easily change about its address: of IPv6 the first 64 bits, which is what one subscriber gets; of
 * anything else all of it.
 */
export function subscriberOf(address: string): string {
  // Asked for every wrong key, however many come.
  if (!address.includes(':')) return address;
  const range = parseRange(address);
  if (range === null) return address;
  return range.family === 4 ? write4(range.bits) : normalizeRange(`${write6(range.bits)}/64`);
}

function contains(outer: Range, inner: Range): boolean {
  if (outer.family !== inner.family || outer.prefix > inner.prefix) return false;
  const rest = BigInt(widths[outer.family] - outer.prefix);
  return outer.bits >> rest === inner.bits >> rest;
}

function parseRange(text: string): Range | null {
  const slash = text.indexOf('/');
  const address = parseAddress(slash < 0 ? text : text.slice(0, slash));
  if (address === null) return null;
  const { width, hidden } = address;
  const written = slash < 0 ? width : parsePrefix(text.slice(slash + 1), width);
  // Of an IPv4 address inside IPv6 only the last 32 bits may be left open.
  const prefix = written === null ? -1 : written - hidden;
  if (prefix < 0) return null;
  const rest = BigInt(widths[address.family] - prefix);
  return { family: address.family, bits: (address.bits >> rest) << rest, prefix };
}

function parsePrefix(text: string, width: number): number | null {
  return /^(?:0|[1-9]\d{0,2})$/.test(text) && Number(text) <= width ? Number(text) : null;
}

/** `width`: how many bits it was written with; `hidden`: how many of them only say that it is IPv4. */
function parseAddress(text: string): { family: 4 | 6; bits: bigint; width: number; hidden: number } | null {
  if (!text.includes(':')) {
    const bits = parse4(text);
    return bits === null ? null : { family: 4, bits, width: 32, hidden: 0 };
  }
  const bits = parse6(text);
  if (bits === null) return null;
  if (bits >> 32n === mapped >> 32n) return { family: 4, bits: bits & 0xffffffffn, width: 128, hidden: 96 };
  return { family: 6, bits, width: 128, hidden: 0 };
}

function parse4(text: string): bigint | null {
  if (!z.ipv4().safeParse(text).success) return null;
  return text.split('.').reduce((bits, part) => (bits << 8n) | BigInt(part), 0n);
}

function parse6(text: string): bigint | null {
  if (!z.ipv6().safeParse(text).success) return null;
  const [left = '', right] = text.split('::');
  const leading = groups(left);
  const trailing = groups(right ?? '');
  const missing = right === undefined ? 0 : 8 - leading.length - trailing.length;
  const all = [...leading, ...Array.from({ length: missing }, () => 0n), ...trailing];
  return all.reduce((bits, group) => (bits << 16n) | group, 0n);
}

function groups(text: string): bigint[] {
  if (text === '') return [];
  return text.split(':').flatMap((group) => {
    if (!group.includes('.')) return [BigInt(`0x${group}`)];
    const bits = parse4(group) ?? 0n;
    return [bits >> 16n, bits & 0xffffn];
  });
}

function write4(bits: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => String((bits >> shift) & 0xffn)).join('.');
}

/** RFC 5952: the longest run of at least two zero groups is left out. */
function write6(bits: bigint): string {
  const texts = Array.from({ length: 8 }, (_, index) => ((bits >> BigInt(112 - index * 16)) & 0xffffn).toString(16));
  const written = texts.join(':');
  const runs = [...written.matchAll(/(?:^|:)0(?::0)+(?=:|$)/g)].sort((a, b) => b[0].length - a[0].length);
  const [longest] = runs.map((run) => ({ from: run.index, groups: run[0].split(':').filter((part) => part !== '') }));
  if (longest === undefined) return written;
  const from = written
    .slice(0, longest.from)
    .split(':')
    .filter((part) => part !== '').length;
  return `${texts.slice(0, from).join(':')}::${texts.slice(from + longest.groups.length).join(':')}`;
}
