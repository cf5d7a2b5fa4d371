import { isIPv6 } from 'node:net';

/**
 * What a client can't easily change about its address: of IPv6 the first 64 bits, which is what one subscriber gets; of
 * anything else all of it.
 */
export function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  if (mapped !== null) return mapped[1] as string;
  if (!isIPv6(address)) return address;
  const [left = '', right] = (address.split('%', 1)[0] as string).split('::');
  const leading = groupsOf(left);
  const trailing = groupsOf(right ?? '');
  const missing = right === undefined ? 0 : 8 - leading.length - trailing.length;
  const groups = [...leading, ...Array.from({ length: missing }, () => '0'), ...trailing].slice(0, 4);
  return `${groups.map((group) => Number.parseInt(group, 16).toString(16)).join(':')}::/64`;
}

/** An IPv4 address at the end stands for two groups, which are never among the first four. */
function groupsOf(text: string): string[] {
  return text === '' ? [] : text.split(':').flatMap((group) => (group.includes('.') ? ['0', '0'] : [group]));
}
