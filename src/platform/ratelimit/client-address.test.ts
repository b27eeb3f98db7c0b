import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addressGroup, addressList, clientAddress, clientIdOf } from './client-address.ts';

const nobody = addressList([]);
const proxies = addressList(['10.0.0.0/8', '2001:db8:ffff::/48', '127.0.0.1']);
const xff = (value: string | string[]) => ({ 'x-forwarded-for': value });

describe('the address of a client', () => {
  test.each<[string, string | undefined, Record<string, string | string[]>, string]>([
    ['the connection itself', '203.0.113.9', {}, '203.0.113.9'],
    [
      'the connection, whatever an untrusted one claims',
      '203.0.113.9',
      xff('1.2.3.4'),
      '203.0.113.9',
    ],
    ['what the trusted proxy saw', '10.0.0.1', xff('198.51.100.7'), '198.51.100.7'],
    [
      'the rightmost that is no proxy',
      '10.0.0.1',
      xff('1.1.1.1, 198.51.100.7, 10.2.3.4'),
      '198.51.100.7',
    ],
    ['across several header lines', '10.0.0.1', xff(['1.1.1.1', '198.51.100.7']), '198.51.100.7'],
    [
      'the proxy, when what stands beside it is no address',
      '10.0.0.1',
      xff('1.1.1.1, <script>'),
      '10.0.0.1',
    ],
    ['the proxy, when the header is empty', '10.0.0.1', xff(''), '10.0.0.1'],
    ['without its port', '10.0.0.1', xff('198.51.100.7:51234'), '198.51.100.7'],
    ['IPv6 out of its brackets', '10.0.0.1', xff('[2001:DB8::7]:443'), '2001:db8::7'],
    ['IPv4 out of IPv6', '::ffff:203.0.113.9', {}, '203.0.113.9'],
    ['IPv4 written as hex in IPv6', '::ffff:cb00:7109', {}, '203.0.113.9'],
    ['a link-local one without its zone', 'fe80::1%eth0', {}, 'fe80::1'],
    ['the leftmost, when all are proxies', '10.0.0.1', xff('10.9.9.9, 10.8.8.8'), '10.9.9.9'],
    ['unknown, without a connection', undefined, xff('1.2.3.4'), 'unknown'],
    [
      'not the one of a header the proxy does not write',
      '10.0.0.1',
      { forwarded: 'for=1.2.3.4' },
      '10.0.0.1',
    ],
  ])('is %s', (_name, remote, headers, wanted) => {
    expect(clientAddress(remote, headers, proxies).address).toBe(wanted);
  });
  test.each([
    ['for=198.51.100.7;proto=https', '198.51.100.7'],
    ['for=1.1.1.1, For="[2001:db8::9]:80";by=10.0.0.1', '2001:db8::9'],
    ['proto=https', '10.0.0.1'],
    ['for=unknown', '10.0.0.1'],
    ['for="_hidden"', '10.0.0.1'],
  ])('by RFC 7239 %j is %s, when the proxies write that header', (forwarded, wanted) => {
    const headers = { forwarded, 'x-forwarded-for': '9.9.9.9' };
    expect(clientAddress('10.0.0.1', headers, proxies, 'forwarded').address).toBe(wanted);
  });
  test('cannot be chosen by a client: a thousand forged headers are one client', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(fc.ipV4(), fc.ipV6(), (four, six) => {
        const forged = {
          'x-forwarded-for': `${four}, ${six}`,
          forwarded: `for=${four}`,
          'x-real-ip': four,
        };
        seen.add(clientAddress('203.0.113.9', forged, proxies).clientId);
        // A proxy appends what it saw to whatever came in.
        const appended = { 'x-forwarded-for': `${four}, ${six}, 203.0.113.9` };
        seen.add(clientAddress('10.0.0.1', appended, proxies).clientId);
      }),
      { numRuns: 1000 },
    );
    expect([...seen]).toEqual(['203.0.113.9']);
  });
  test('never throws and stays an address, whatever stands in the header', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        expect(clientAddress('10.0.0.1', xff(text), proxies).address).toMatch(/^[\da-f.:]+$/u);
      }),
      { numRuns: 2000 },
    );
  });
  test('of ten thousand entries is found in no time and rightly', () => {
    const many = `${'1.2.3.4, '.repeat(10_000)}198.51.100.7`;
    expect(clientAddress('10.0.0.1', xff(many), proxies).address).toBe('198.51.100.7');
  });
});

describe('this machine', () => {
  test.each<[string, string, Record<string, string>, boolean]>([
    ['a direct loopback connection', '127.0.0.1', {}, true],
    ['over IPv6', '::1', {}, true],
    ['any loopback address', '127.8.8.8', {}, true],
    ['not what a proxy on it forwards', '127.0.0.1', { 'x-forwarded-for': '127.0.0.1' }, false],
    ['not what says nothing but Via', '127.0.0.1', { via: '1.1 proxy' }, false],
    ['not another machine', '203.0.113.9', {}, false],
  ])('is %s', (_name, remote, headers, wanted) => {
    for (const trusted of [nobody, proxies]) {
      const { isLocal, clientId } = clientAddress(remote, headers, trusted);
      expect(isLocal).toBe(wanted);
      expect(/^(127\.\d+\.\d+\.\d+|::1)$/u.test(clientId)).toBe(wanted);
    }
  });
});

test('a loopback address with a forwarding header is nobody of this machine', () => {
  expect(clientIdOf('127.0.0.1', {})).toBe('127.0.0.1');
  expect(clientIdOf('127.0.0.1', { 'x-forwarded-for': '127.0.0.1' })).toBe('127.0.0.1 forwarded');
  expect(clientIdOf('203.0.113.9', { via: '1.1 x' })).toBe('203.0.113.9');
});

describe('addresses are counted', () => {
  test.each([
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::9', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['192.0.2.1', '192.0.2.1'],
    ['my-program', 'my-program'],
  ])('%s as %s', (address, group) => {
    expect(addressGroup(address)).toBe(group);
  });
});

test.each(['10.0.0.0/33', 'nonsense', '10.0.0.0/8/9', '', '::/129', '10.0.0.0/x'])(
  'the list refuses %j and names it',
  (entry) => {
    expect(() => addressList([entry])).toThrow(`"${entry}"`);
  },
);
