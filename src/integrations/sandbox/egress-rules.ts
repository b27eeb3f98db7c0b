import { isIP } from 'node:net';
import { isPublicAddress } from '../../platform/outbound/public-url.ts';

/** Decides where a sandboxed process may connect to. Names are resolved here, once, and the checked address is used. */
export interface EgressRules {
  check(host: string, port: number): Promise<EgressDecision>;
  /** Loopback targets that are listed with a port, for example `127.0.0.1:4010`. */
  readonly loopback: readonly { readonly host: string; readonly port: number }[];
}

export type EgressDecision =
  | { readonly allowed: true; readonly address: string }
  | { readonly allowed: false; readonly why: string };

export type Resolve = (name: string) => Promise<readonly string[]>;

interface Entry {
  readonly host: string;
  /** null = 80 and 443. */
  readonly port: number | null;
}

/**
 * Entries are `host`, `host:port`, `*.host` (any name below it), an address, or a URL of which host and port count.
 * Without a port 80 and 443 are meant. An address of a private, link-local or loopback network is refused unless
 * that address itself is listed, so a listed name that starts to point inwards (DNS rebinding) opens nothing.
 */
export function createEgressRules(list: readonly string[], resolve: Resolve): EgressRules {
  const entries = list.map(parseEntry).filter((entry) => entry !== null);
  const listed = (host: string, port: number) =>
    entries.some((entry) => hostMatches(entry.host, host) && portMatches(entry.port, port));
  const reachable = (address: string, host: string, port: number) =>
    isPublicAddress(address) ||
    listed(address, port) ||
    (host === 'localhost' && isLoopback(address));

  return {
    loopback: entries.flatMap(({ host, port }) =>
      port !== null && isLoopback(host) ? [{ host, port }] : [],
    ),
    check: async (rawHost, port) => {
      const host = normalHost(rawHost);
      if (!listed(host, port)) return { allowed: false, why: 'not on the allow-list' };
      const addresses = isIP(host) ? [host] : await resolve(host).catch(() => []);
      if (addresses.length === 0) return { allowed: false, why: 'the name does not resolve' };
      const address = addresses.find((candidate) => reachable(candidate, host, port));
      if (address === undefined) {
        return { allowed: false, why: `${addresses[0] ?? ''} is an address of an inner network` };
      }
      return { allowed: true, address };
    },
  };
}

function parseEntry(text: string): Entry | null {
  const bare = text
    .trim()
    .replace(/^[a-z][a-z0-9+.-]*:\/\//i, '')
    .replace(/[/?#].*$/, '');
  if (bare === '') return null;
  if (isIP(bare) === 6) return { host: normalHost(bare), port: null };
  const split = /^(\[[^\]]+\]|[^:]+)(?::(\d{1,5}))?$/.exec(bare);
  if (split?.[1] === undefined) return null;
  return { host: normalHost(split[1]), port: split[2] === undefined ? null : Number(split[2]) };
}

/** In lower case, without brackets round it and without the point of the root behind it. */
export function normalHost(host: string): string {
  return host
    .toLowerCase()
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '');
}

function hostMatches(pattern: string, host: string): boolean {
  if (pattern.startsWith('*.')) return isIP(host) === 0 && host.endsWith(pattern.slice(1));
  return pattern === host;
}

function portMatches(wanted: number | null, port: number): boolean {
  return wanted === null ? port === 80 || port === 443 : wanted === port;
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}
