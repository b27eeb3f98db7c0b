import { BlockList, isIP } from 'node:net';
import { AppError } from '../../lib/app-error.ts';

/** Addresses and networks, for example `10.0.0.0/8`, `::1`, `192.0.2.7`. */
export interface AddressList {
  includes(address: string): boolean;
}

/** Reads a list; AppError `invalid_input` code `address_invalid` names the entry that is none. */
export function addressList(entries: readonly string[]): AddressList {
  const list = new BlockList();
  for (const entry of entries) {
    const [network = '', prefix, ...rest] = entry.trim().split('/');
    const family = isIP(network);
    const bits = prefix === undefined ? null : Number(/^\d{1,3}$/u.test(prefix) ? prefix : '-1');
    if (
      family === 0 ||
      rest.length > 0 ||
      (bits !== null && (bits < 0 || bits > (family === 4 ? 32 : 128)))
    ) {
      throw new AppError({
        kind: 'invalid_input',
        code: 'address_invalid',
        message: `"${entry}" is neither an address nor a network.`,
        next: 'Write it like 192.0.2.7, 10.0.0.0/8 or 2001:db8::/32.',
        details: { entry },
      });
    }
    if (bits === null) list.addAddress(network, family === 4 ? 'ipv4' : 'ipv6');
    else list.addSubnet(network, bits, family === 4 ? 'ipv4' : 'ipv6');
  }
  return {
    includes: (address) => {
      const family = isIP(address);
      return family !== 0 && list.check(address, family === 4 ? 'ipv4' : 'ipv6');
    },
  };
}

/** Where a request comes from, as far as it can be known. */
export interface ClientAddress {
  /** The address that is logged; `unknown` when the connection has none. */
  readonly address: string;
  /** For limits and blocks: `Caller.clientId`. A loopback address that somebody forwarded for is not `127.0.0.1` here. */
  readonly clientId: string;
  /** This very machine, directly: a loopback connection that says nothing of having been forwarded. */
  readonly isLocal: boolean;
}

type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

const forwardingHeaders = ['x-forwarded-for', 'forwarded', 'x-real-ip', 'via'];

/**
 * The client of a request. The header is believed only when the connection itself comes from a trusted proxy, and of its
 * entries only those count that trusted proxies wrote: read from the right, the first address that is no trusted proxy is
 * the client. Whatever a client put in itself stands further left and is never reached. An entry that is no address ends
 * the reading at the proxy that passed it on. `header` names the one header the proxies write; the other is not looked at,
 * because a proxy that does not write it passes on what a client forged.
 */
export function clientAddress(
  remoteAddress: string | undefined,
  headers: Headers,
  trustedProxies: AddressList,
  header: 'x-forwarded-for' | 'forwarded' = 'x-forwarded-for',
): ClientAddress {
  const remote = plainAddress(remoteAddress ?? '');
  if (remote === null) return { address: 'unknown', clientId: 'unknown', isLocal: false };
  const isLocal = isLoopback(remote) && !isForwarded(headers);
  if (!trustedProxies.includes(remote)) {
    return {
      address: remote,
      clientId: clientIdOf(remote, headers),
      isLocal,
    };
  }
  let client = remote;
  for (const entry of entriesOf(headers[header], header).toReversed()) {
    const address = plainAddress(entry);
    if (address === null) break;
    client = address;
    if (!trustedProxies.includes(address)) break;
  }
  // Through a proxy nobody is local, whatever address stands there.
  return { address: client, clientId: clientIdOf(client, headers), isLocal };
}

/**
 * The id of a client whose address somebody else worked out already: a loopback address that came with a forwarding header
 * is a stranger behind a proxy that nobody trusts, and not this machine.
 */
export function clientIdOf(address: string, headers: Headers): string {
  return isLoopback(address) && isForwarded(headers) ? `${address} forwarded` : address;
}

function isForwarded(headers: Headers): boolean {
  return forwardingHeaders.some((name) => headers[name] !== undefined);
}

/** What a client is counted as: an IPv6 customer has a whole /64, so addresses in it are one. */
export function addressGroup(clientId: string): string {
  if (isIP(clientId) !== 6) return clientId;
  return `${groupsOf(clientId).slice(0, 4).join(':')}::/64`;
}

/** Whether it is this machine's own address: 127.0.0.0/8 or ::1. */
export function isLoopback(address: string): boolean {
  return /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/u.test(address) || address === '::1';
}

/** The forms in which the header writes addresses: with port, in brackets, IPv4 inside IPv6; null for anything else. */
function plainAddress(text: string): string | null {
  const bare = text
    .trim()
    .replace(/^\[([^\]]*)\](?::\d{1,5})?$/u, '$1')
    .replace(/^(\d{1,3}(?:\.\d{1,3}){3}):\d{1,5}$/u, '$1')
    .replace(/%[\w.-]{1,32}$/u, '');
  const family = isIP(bare);
  if (family === 0) return null;
  if (family === 4) return bare;
  const groups = groupsOf(bare);
  const isMapped = groups.slice(0, 5).every((group) => group === '0') && groups[5] === 'ffff';
  if (!isMapped) return compact(bare);
  const [high = 0, low = 0] = groups.slice(6).map((group) => Number.parseInt(group, 16));
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}

/** One spelling for each address. */
function compact(address: string): string {
  return new URL(`http://[${address}]`).hostname.slice(1, -1);
}

/** The eight groups without leading zeros. */
function groupsOf(address: string): readonly string[] {
  const [left = '', right] = compact(address).split('::');
  const head = left === '' ? [] : left.split(':');
  const tail = right === undefined || right === '' ? [] : right.split(':');
  const zeros = Array.from({ length: 8 - head.length - tail.length }, () => '0');
  return [...head, ...zeros, ...tail];
}

/** Only the last entries are looked at: a header with ten thousand of them is no work. */
function entriesOf(
  value: Headers[string],
  header: 'x-forwarded-for' | 'forwarded',
): readonly string[] {
  const text = typeof value === 'string' ? value : (value ?? []).join(',');
  const entries = text.slice(-4096).split(',').slice(-32);
  if (header === 'x-forwarded-for') return entries;
  return entries.map((entry) => {
    const pair = entry.split(';').find((one) => /^\s*for\s*=/iu.test(one)) ?? '';
    return pair.replace(/^[^=]*=\s*/u, '').replace(/^"(.*)"\s*$/u, '$1');
  });
}
