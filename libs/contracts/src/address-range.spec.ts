import { expect, it } from '@jest/globals';
import { addressMatcher, addressRange, includesRange, normalizeRange, subscriberOf } from './address-range.ts';

it.each([
  ['10.1.2.3', '10.1.2.3/32'],
  ['10.1.2.3/8', '10.0.0.0/8'],
  ['0.0.0.0/0', '0.0.0.0/0'],
  ['255.255.255.255/31', '255.255.255.254/31'],
  ['2001:DB8::1', '2001:db8::1/128'],
  ['2001:db8:0:0:1:0:0:1/48', '2001:db8::/48'],
  ['2001:db8:0:0:1:0:0:0', '2001:db8:0:0:1::/128'],
  ['1:0:0:2:0:0:0:3', '1:0:0:2::3/128'],
  ['1:0:2:3:4:5:6:7', '1:0:2:3:4:5:6:7/128'],
  ['::1', '::1/128'],
  ['::/0', '::/0'],
  ['fe80::/10', 'fe80::/10'],
  ['::ffff:10.1.2.3', '10.1.2.3/32'],
  ['::ffff:10.1.2.3/104', '10.0.0.0/8'],
  ['::ffff:a01:203', '10.1.2.3/32'],
  ['64:ff9b::10.1.2.3', '64:ff9b::a01:203/128'],
])('writes %s as %s', (text, normal) => {
  expect(addressRange.safeParse(text).success).toBe(true);
  expect(normalizeRange(text)).toBe(normal);
  expect(normalizeRange(normal)).toBe(normal);
});

it.each([
  ...['', '10.1.2', '10.1.2.3/33', '10.1.2.3/-1', '10.1.2.3/08', '10.1.2.3/', '010.1.2.3', '10.1.2.256', '1'],
  ...['::1/129', ':::', '1::2::3', 'fe80::1%eth0', '::ffff:10.1.2.3/95', 'localhost', '10.0.0.0/8/8', ' 10.1.2.3'],
])('takes %j for no range', (text) => {
  expect(addressRange.safeParse(text).success).toBe(false);
  expect(addressMatcher(['0.0.0.0/0', '::/0'])(text)).toBe(false);
});

it('tells which addresses lie in a range', () => {
  const inside = addressMatcher(['10.0.0.0/8', '2001:db8::/32', '192.0.2.7']);
  for (const address of ['10.0.0.0', '10.255.255.255', '::ffff:10.1.2.3', '2001:db8:ffff::1', '192.0.2.7']) {
    expect([address, inside(address)]).toEqual([address, true]);
  }
  for (const address of ['11.0.0.0', '9.255.255.255', '2001:db9::', '192.0.2.8', '::a01:203', '::']) {
    expect([address, inside(address)]).toEqual([address, false]);
  }
  expect(addressMatcher([])('10.0.0.1')).toBe(false);
});

it('tells whether one range lies in another', () => {
  expect(includesRange('10.0.0.0/8', '10.1.0.0/16')).toBe(true);
  expect(includesRange('10.0.0.0/8', '10.0.0.0/8')).toBe(true);
  expect(includesRange('10.1.0.0/16', '10.0.0.0/8')).toBe(false);
  expect(includesRange('0.0.0.0/0', '::/0')).toBe(false);
  expect(includesRange('::/0', '10.0.0.1')).toBe(false);
  expect(includesRange('::ffff:0:0/96', '10.0.0.1')).toBe(true);
});

it.each([
  ['192.0.2.7', '192.0.2.7'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8::/64'],
  ['not an address', 'not an address'],
])('takes %s for one of %s', (address, subscriber) => {
  expect(subscriberOf(address)).toBe(subscriber);
});
