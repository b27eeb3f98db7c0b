import { lookup as systemLookup } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';
import { Agent, request } from 'undici';
import { AppError, messageOf } from '../../lib/app-error.ts';

/** An address that was checked; connect to exactly this one. */
export interface PinnedUrl {
  readonly url: URL;
  /** The IP address to connect to. A name that is asked again may answer another one. */
  readonly address: string;
  readonly family: 4 | 6;
}

export interface PublicUrlOptions {
  /** Hosts and addresses inside the own network that the configuration allows by name, for example a chat server. */
  readonly allowed?: readonly string[];
  /** Answers all addresses of a name. */
  readonly lookup?: (host: string) => Promise<readonly { address: string; family: number }[]>;
  /** Waits for the name server until then. */
  readonly signal?: AbortSignal;
}

/**
 * Refuses an address that leads to this machine, its network or its cloud, however it is written: the name is resolved
 * once, every answer has to be public, and the answer is what a caller connects to. Throws AppError `invalid_input` codes
 * `url_invalid` and `url_not_public`, `unavailable` code `host_unknown`.
 */
export async function assertPublicUrl(
  text: string,
  { allowed = [], lookup = everyAddress, signal }: PublicUrlOptions = {},
): Promise<PinnedUrl> {
  const url = parsed(text);
  const host = url.hostname.replace(/^\[(.*)\]$/u, '$1').replace(/\.$/u, '');
  const literal = isIP(host);
  const answers =
    literal === 0 ? await resolved(host, lookup, signal) : [{ address: host, family: literal }];
  const isAllowed = allowed.some((one) => one.toLowerCase() === host.toLowerCase());
  const inside = answers.find(({ address }) => !isPublicAddress(address));
  if (inside !== undefined && !isAllowed) throw notPublic(url.host, inside.address);
  const [first] = answers;
  if (first === undefined) throw unknownHost(host, 'it has no address');
  return { url, address: first.address, family: first.family === 6 ? 6 : 4 };
}

export interface Answer {
  readonly status: number;
  readonly body: string;
}

/**
 * Sends one request to a checked address, over a connection that goes nowhere else. Redirects are followed at most three
 * times, each checked like the first; a POST that is redirected is not sent again. Answers at most 64 KB of the body.
 * `timeoutMs` is for all of it, the name server included; then it throws a `TimeoutError`, and the connection is gone.
 */
export async function sendPublic(
  text: string,
  message: {
    readonly method: 'GET' | 'POST';
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: string;
    readonly timeoutMs: number;
    readonly signal?: AbortSignal;
  },
  options: PublicUrlOptions = {},
): Promise<Answer> {
  const deadline = AbortSignal.timeout(message.timeoutMs);
  const signal =
    message.signal === undefined ? deadline : AbortSignal.any([message.signal, deadline]);
  let target = text;
  for (let hop = 0; hop <= 3; hop += 1) {
    const pinned = await assertPublicUrl(target, { ...options, signal });
    const { status, body, location } = await sendOnce(pinned, { ...message, signal });
    const isRedirect = status >= 300 && status < 400 && location !== null;
    if (!isRedirect || message.method !== 'GET') return { status, body };
    if (!URL.canParse(location, target)) return { status, body };
    target = new URL(location, target).href;
  }
  throw new AppError({
    kind: 'unavailable',
    code: 'too_many_redirects',
    message: `${new URL(text).host} sent us on more than three times.`,
    next: 'Configure the address where it ends.',
  });
}

async function sendOnce(
  { url, address, family }: PinnedUrl,
  message: Parameters<typeof sendPublic>[1] & { readonly signal: AbortSignal },
): Promise<Answer & { readonly location: string | null }> {
  const agent = new Agent({
    connect: {
      timeout: Math.min(3000, message.timeoutMs),
      lookup: (_host, { all }, done) => {
        if (all === true) done(null, [{ address, family }]);
        else done(null, address, family);
      },
    },
    headersTimeout: message.timeoutMs,
    bodyTimeout: message.timeoutMs,
  });
  try {
    const answer = await request(url, {
      dispatcher: agent,
      method: message.method,
      headers: { ...message.headers },
      body: message.body ?? null,
      signal: message.signal,
    });
    const parts: Buffer[] = [];
    let size = 0;
    for await (const part of answer.body) {
      const bytes = Buffer.from(part as Uint8Array);
      parts.push(bytes.subarray(0, longestBody - size));
      size += bytes.length;
      if (size >= longestBody) break;
    }
    const { location } = answer.headers;
    return {
      status: answer.statusCode,
      body: Buffer.concat(parts).toString('utf8'),
      location: typeof location === 'string' ? location : null,
    };
  } finally {
    await agent.destroy();
  }
}

const longestBody = 65_536;

/** Whether an IP address is one of the public internet. */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address);
  if (family === 4) return !inner.check(address, 'ipv4');
  if (family !== 6 || inner.check(address, 'ipv6')) return false;
  const v4 = embedded(address);
  return v4 === null || !inner.check(v4, 'ipv4');
}

// Everything that the IANA registries of special-purpose addresses (RFC 6890) do not call globally reachable.
const inner = new BlockList();
for (const [network, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
  ['168.63.129.16', 32],
] as const)
  inner.addSubnet(network, bits, 'ipv4');
for (const [network, bits] of [
  ['::', 96],
  ['100::', 64],
  ['2001::', 23],
  ['2001:db8::', 32],
  ['3fff::', 20],
  ['5f00::', 16],
  ['fc00::', 7],
  ['fe80::', 9],
  ['ff00::', 8],
] as const)
  inner.addSubnet(network, bits, 'ipv6');

/** The IPv4 address that a translated IPv6 one leads to: mapped, NAT64 (RFC 6052), 6to4 (RFC 3056). */
function embedded(address: string): string | null {
  const [left = '', right] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::');
  const head = left === '' ? [] : left.split(':');
  const tail = right === undefined || right === '' ? [] : right.split(':');
  const zeros = Array.from({ length: 8 - head.length - tail.length }, () => '0');
  const groups = [...head, ...zeros, ...tail].map((group) => Number.parseInt(group, 16));
  const dotted = ([high = 0, low = 0]: readonly number[]): string =>
    [high >> 8, high & 255, low >> 8, low & 255].join('.');
  if (groups[0] === 0x20_02) return dotted(groups.slice(1, 3));
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xff_ff;
  const isTranslated = groups[0] === 0x64 && groups[1] === 0xff_9b;
  return isMapped || isTranslated ? dotted(groups.slice(6)) : null;
}

function parsed(text: string): URL {
  const url = text.length <= 2048 && URL.canParse(text) ? new URL(text) : null;
  if (
    url !== null &&
    /^https?:$/u.test(url.protocol) &&
    url.username === '' &&
    url.password === '' &&
    /^https?:\/\/[^\s\\]*$/iu.test(text)
  )
    return url;
  throw new AppError({
    kind: 'invalid_input',
    code: 'url_invalid',
    message: 'This is no http or https address, or it has a password in it.',
    next: 'Write it like https://example.com/path.',
  });
}

async function resolved(
  host: string,
  lookup: NonNullable<PublicUrlOptions['lookup']>,
  signal: AbortSignal | undefined,
): Promise<readonly { address: string; family: number }[]> {
  try {
    return await Promise.race([lookup(host), abortion(signal)]);
  } catch (error) {
    if (signal?.aborted === true) throw error;
    throw unknownHost(host, messageOf(error), error);
  }
}

/** Never comes to an end but by the signal: the system's own look-up cannot be stopped. */
async function abortion(signal: AbortSignal | undefined): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  if (signal?.aborted === true) reject(signal.reason as Error);
  signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  return await promise;
}

async function everyAddress(host: string): Promise<readonly { address: string; family: number }[]> {
  return await systemLookup(host, { all: true, verbatim: true });
}

function notPublic(host: string, address: string): AppError {
  return new AppError({
    kind: 'invalid_input',
    code: 'url_not_public',
    message: `${host} leads to ${address}, which is not on the public internet.`,
    next: 'Use a public address, or let an administrator allow this host by name.',
    details: { host, address },
  });
}

function unknownHost(host: string, reason: string, cause?: unknown): AppError {
  return new AppError({
    kind: 'unavailable',
    code: 'host_unknown',
    message: `The address of ${host} is not known: ${reason}.`,
    next: 'Look at its spelling and at the name server.',
    cause,
  });
}
