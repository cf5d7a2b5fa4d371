import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { AllowedHosts } from './allowed-hosts.ts';
import { Destinations } from './destinations.ts';
import { isSpecialAddress } from './special-addresses.ts';

const resolveTo =
  (...addresses: string[]) =>
  () =>
    Promise.resolve(addresses);

const destinations = (allowed: string[] = [], addresses: string[] = ['93.184.215.14'], protection = true) =>
  new Destinations(new AllowedHosts(allowed), protection, resolveTo(...addresses));

describe('special addresses', () => {
  it.each([
    '0.0.0.0',
    '0.1.2.3',
    '10.0.0.1',
    '10.255.255.255',
    '100.64.0.1',
    '100.100.100.200',
    '100.127.255.255',
    '127.0.0.1',
    '127.255.255.254',
    '168.63.129.16',
    '169.254.0.1',
    '169.254.169.254',
    '169.254.170.2',
    '172.16.0.1',
    '172.31.255.255',
    '192.0.0.1',
    '192.0.0.192',
    '192.0.2.1',
    '192.31.196.1',
    '192.52.193.1',
    '192.88.99.1',
    '192.168.0.1',
    '192.168.255.255',
    '192.175.48.1',
    '198.18.0.1',
    '198.19.255.255',
    '198.51.100.1',
    '203.0.113.1',
    '224.0.0.1',
    '239.255.255.255',
    '240.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::2',
    '::ffff:127.0.0.1',
    '::ffff:10.0.0.1',
    '::ffff:7f00:1',
    '::127.0.0.1',
    '::a00:1',
    '64:ff9b::127.0.0.1',
    '64:ff9b::a9fe:a9fe',
    '64:ff9b:1::1',
    '100::1',
    '100:0:0:1::1',
    '2001::1',
    '2001:0:4136:e378:8000:63bf:3fff:fdd2',
    '2001:2::1',
    '2001:10::1',
    '2001:20::1',
    '2001:db8::1',
    '2002:7f00:1::',
    '2002:c0a8:1::1',
    '2002:5db8:d70e::',
    '2620:4f:8000::1',
    '3fff::1',
    '4000::1',
    '5f00::1',
    'fc00::1',
    'fd00:ec2::254',
    'fd12:3456::1',
    'fe80::1',
    'fe80::1%eth0',
    'febf::1',
    'fec0::1',
    'ff02::1',
    'ff0e::1',
    '2a00:1450:4001:811:0:5efe:10.0.0.1',
    '2a00:1450:4001:811:200:5efe:7f00:1',
    '2606:4700::1111%lo',
    '',
    'localhost',
    '1.2.3',
    '1.2.3.4.5',
    '12345::',
    'not an address',
  ])('%s is one', (address) => {
    expect(isSpecialAddress(address)).toBe(true);
  });

  it.each([
    '1.1.1.1',
    '8.8.8.8',
    '9.255.255.255',
    '11.0.0.0',
    '93.184.215.14',
    '100.63.255.255',
    '100.128.0.0',
    '126.255.255.255',
    '128.0.0.1',
    '168.63.129.15',
    '169.253.255.255',
    '169.255.0.1',
    '172.15.255.255',
    '172.32.0.1',
    '192.0.1.1',
    '192.167.255.255',
    '192.169.0.1',
    '198.17.255.255',
    '198.20.0.1',
    '223.255.255.255',
    '2606:4700:4700::1111',
    '2a00:1450:4001:811::200e',
    '2001:4860:4860::8888',
    '64:ff9b::8.8.8.8',
    '::ffff:8.8.8.8',
    '2a00:1450:4001:811:0:5efe:8.8.8.8',
  ])('%s is none', (address) => {
    expect(isSpecialAddress(address)).toBe(false);
  });

  it('is the same for an IPv4 address and for what hides it', () => {
    fc.assert(
      fc.property(fc.ipV4(), (address) => {
        const expected = isSpecialAddress(address);
        expect(isSpecialAddress(`::ffff:${address}`)).toBe(expected);
        expect(isSpecialAddress(`64:ff9b::${address}`)).toBe(expected);
      }),
    );
  });
});

describe('where a request may go', () => {
  it.each([
    'http://127.0.0.1/',
    'http://127.1/',
    'http://0177.0.0.1/',
    'http://0x7f.1/',
    'http://2130706433/',
    'http://0x7f000001/',
    'http://017700000001/',
    'http://127.0.0.1./',
    'http://[::1]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[0:0:0:0:0:0:0:1]/',
    'http://[::]/',
    'http://0/',
    'http://169.254.169.254/latest/meta-data',
    'http://2852039166/',
    'http://0xa9fea9fe/',
    'http://１２７.０.０.１/',
    'http://①②⑦.⓪.⓪.①/',
    'http://127。0。0。1/',
    'https://10.1.2.3:8443/x',
    'http://[fd00:ec2::254]/',
    'http://[64:ff9b::7f00:1]/',
    'http://[2002:7f00:1::]/',
    'HTTP://127.0.0.1/',
  ])('not to %s', async (address) => {
    await expect(destinations().check(address)).rejects.toMatchObject({ code: 'refused' });
  });

  it.each([
    'ftp://example.com/',
    'file:///etc/passwd',
    'data:text/plain,x',
    'gopher://example.com/',
    'javascript:alert(1)',
    '//example.com',
    'http://user@example.com/',
    'http://user:password@example.com/',
    'http://:password@example.com/',
    'http://example.com\\@127.0.0.1/',
    'http:\\\\127.0.0.1/',
    'http://exa\tmple.com/',
    'http://example.com/\n',
    'http://',
    'http:///',
    'nonsense',
    '',
    `http://example.com/${'x'.repeat(9000)}`,
    'http://exa mple.com/',
    'http://[::1',
    'http://999.1.1.1/',
    'http://example.com:99999/',
    'http://%00/',
    'http://[fe80::1%25eth0]/',
  ])('nor to %p, which is no address', async (address) => {
    const problem = await destinations()
      .check(address)
      .then(
        () => null,
        (error: unknown) => (error as { code: string }).code,
      );
    // A control character at the very end is trimmed by everybody alike.
    if (address === 'http://example.com/\n') expect(problem).toBeNull();
    else expect(problem).toBe('bad_address');
  });

  it.each([
    ['a private address', ['10.0.0.1']],
    ['one private address among public ones', ['93.184.215.14', '::ffff:192.168.1.1']],
    ['an IPv6 one', ['fd00::1']],
  ])('nor to a name of %s', async (_what, addresses) => {
    await expect(destinations([], addresses).check('https://models.example/v1')).rejects.toMatchObject({
      code: 'refused',
      host: 'models.example',
      message: expect.stringContaining('adds models.example to FLOWKEEP_SSRF_ALLOWED_HOSTS'),
    });
  });

  it('nor to a name without an address', async () => {
    await expect(destinations([], []).check('http://a.example')).rejects.toMatchObject({ code: 'unresolvable' });
    const failing = new Destinations(new AllowedHosts([]), true, () => Promise.reject(new Error('ENOTFOUND')));
    await expect(failing.check('http://a.example')).rejects.toMatchObject({ code: 'unresolvable' });
    await expect(destinations([], ['garbage']).check('http://a.example')).rejects.toMatchObject({
      code: 'unresolvable',
    });
  });

  it('but to public hosts, whose name is resolved once and in ASCII', async () => {
    const asked: string[] = [];
    const resolver = (name: string) => {
      asked.push(name);
      return Promise.resolve(['93.184.215.14']);
    };
    const { host, addresses } = await new Destinations(new AllowedHosts([]), true, resolver).check(
      'https://Bücher.example./v1',
    );
    expect([host, addresses, asked]).toEqual(['xn--bcher-kva.example', ['93.184.215.14'], ['xn--bcher-kva.example']]);
  });

  it.each([
    ['by name', ['Models.Internal'], 'http://models.internal/', ['10.0.0.1']],
    ['by a name outside ASCII', ['bücher.internal'], 'http://xn--bcher-kva.internal/', ['10.0.0.1']],
    ['by suffix', ['*.internal'], 'http://a.b.internal/', ['10.0.0.1']],
    ['by address', ['127.0.0.1'], 'http://0x7f.1/', []],
    ['by an address its name has', ['10.0.0.1'], 'http://a.example/', ['10.0.0.1', '8.8.8.8']],
    ['by range', ['10.0.0.0/8'], 'http://10.2.3.4/', []],
    ['by a range of IPv6', ['fd00::/8'], 'http://[fd12::1]/', []],
    ['by an address in brackets', ['[::1]'], 'http://[::1]/', []],
    ['by the IPv4 form of a mapped one', ['127.0.0.1'], 'http://[::ffff:7f00:1]/', []],
  ])('and where an operator allows it: %s', async (_how, allowed, address, addresses) => {
    await expect(destinations(allowed, addresses).check(address)).resolves.toBeDefined();
  });

  it.each([
    ['a suffix is not the name itself', ['*.internal'], 'http://internal/', ['10.0.0.1']],
    ['a suffix ends at a dot', ['*.internal'], 'http://evilinternal/', ['10.0.0.1']],
    ['a name is not its subdomains', ['internal'], 'http://a.internal/', ['10.0.0.1']],
    ['one address of two', ['10.0.0.1'], 'http://a.example/', ['10.0.0.1', '10.0.0.2']],
  ])('and nowhere else: %s', async (_how, allowed, address, addresses) => {
    await expect(destinations(allowed, addresses).check(address)).rejects.toMatchObject({ code: 'refused' });
  });

  it('everywhere without the protection, but not by other protocols', async () => {
    await expect(destinations([], [], false).check('http://127.0.0.1/')).resolves.toBeDefined();
    await expect(destinations([], [], false).check('file:///etc/passwd')).rejects.toMatchObject({
      code: 'bad_address',
    });
  });

  it.each(['http://a', 'a/b', 'a:80', 'user@a', '*', '*.', '10.0.0.0/33', '10.0.0.0/x', '', 'a b', '*.*.a', 'a..b'])(
    'takes no %p for an allowed host',
    (entry) => {
      expect(() => new AllowedHosts([entry])).toThrow(/^FLOWKEEP_SSRF_ALLOWED_HOSTS/);
    },
  );

  it('refuses every spelling of every special IPv4 address', async () => {
    const spelling = fc.constantFrom<(value: number) => string>(
      String,
      (value) => `0x${value.toString(16)}`,
      (value) => `0X${value.toString(16).toUpperCase()}`,
      (value) => `0${value.toString(8)}`,
    );
    const ranges = fc.constantFrom<[first: string, bits: number]>(
      ['0.0.0.0', 8],
      ['10.0.0.0', 8],
      ['100.64.0.0', 10],
      ['127.0.0.0', 8],
      ['169.254.0.0', 16],
      ['172.16.0.0', 12],
      ['192.0.0.0', 24],
      ['192.0.2.0', 24],
      ['192.168.0.0', 16],
      ['198.18.0.0', 15],
      ['198.51.100.0', 24],
      ['203.0.113.0', 24],
      ['224.0.0.0', 4],
      ['240.0.0.0', 4],
    );
    await fc.assert(
      fc.asyncProperty(
        ranges,
        fc.nat(2 ** 31),
        fc.array(spelling, { minLength: 4, maxLength: 4 }),
        fc.integer({ min: 1, max: 4 }),
        async ([first, bits], place, spell, parts) => {
          const address = numberOf(first) + (place % 2 ** (32 - bits));
          const numbers = inParts(address, parts);
          const host = numbers.map((part, index) => (spell[index] as (value: number) => string)(part)).join('.');
          await expect(destinations().check(`http://${host}/`)).rejects.toMatchObject({ code: 'refused' });
        },
      ),
      { numRuns: 1000 },
    );
  });
});

function numberOf(address: string): number {
  return address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}

/** `a.b.c.d`, `a.b.c`, `a.b` or `a`: the last part of a short form fills what is left. */
function inParts(address: number, count: number): number[] {
  const octets = [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256);
  return [...octets.slice(0, count - 1), address % 2 ** (8 * (5 - count))];
}
