/** What the first bytes of a connection say of whom they ask for. */
export type Greeting =
  | { readonly kind: 'unfinished' }
  /** No handshake of TLS. */
  | { readonly kind: 'plain' }
  | { readonly kind: 'broken' }
  /** Names in the clear, in lower case; none when the client gives none. */
  | { readonly kind: 'hello'; readonly names: readonly string[] };

const handshake = 0x16;
const clientHello = 1;
/** A client's greeting has some 2 kB, with keys against quantum computers, in one record or two; more than this is none. */
const longest = 16_384;
const mostRecords = 8;

/**
 * Reads the ClientHello of TLS (RFC 8446, sections 4.1.2 and 5.1) for its server names (RFC 6066, section 3), also when it
 * is spread over several records.
 */
export function readGreeting(bytes: Buffer): Greeting {
  if (bytes.length === 0) return { kind: 'unfinished' };
  if (bytes[0] !== handshake) return { kind: 'plain' };
  const parts: Buffer[] = [];
  let at = 0;
  let isHandshake = true;
  while (at + 5 <= bytes.length && isHandshake) {
    const end = at + 5 + bytes.readUInt16BE(at + 3);
    isHandshake = bytes[at] === handshake && bytes[at + 1] === 3 && end > at + 5;
    if (isHandshake) parts.push(bytes.subarray(at + 5, end));
    at = end;
  }
  const message = Buffer.concat(parts);
  if (message.length >= 4) {
    if (message[0] !== clientHello) return { kind: 'broken' };
    const wanted = 4 + message.readUIntBE(1, 3);
    if (message.length >= wanted) return readHello(message.subarray(4, wanted));
  }
  const isTooMuch = bytes.length > longest || parts.length > mostRecords;
  return { kind: isHandshake && !isTooMuch ? 'unfinished' : 'broken' };
}

function readHello(hello: Buffer): Greeting {
  try {
    // The version and what the client drew by lot.
    let at = 34;
    at += 1 + hello.readUInt8(at);
    at += 2 + hello.readUInt16BE(at);
    at += 1 + hello.readUInt8(at);
    const names: string[] = [];
    if (at === hello.length) return { kind: 'hello', names };
    const end = at + 2 + hello.readUInt16BE(at);
    if (end !== hello.length) return { kind: 'broken' };
    at += 2;
    while (at < end) {
      const kind = hello.readUInt16BE(at);
      const next = at + 4 + hello.readUInt16BE(at + 2);
      if (next > end) return { kind: 'broken' };
      if (kind === 0) names.push(...serverNames(hello.subarray(at + 4, next)));
      at = next;
    }
    return { kind: 'hello', names };
  } catch (error) {
    if (error instanceof RangeError) return { kind: 'broken' };
    throw error;
  }
}

function serverNames(list: Buffer): readonly string[] {
  const names: string[] = [];
  for (let at = 2; at < list.length; ) {
    const next = at + 3 + list.readUInt16BE(at + 1);
    if (next > list.length) throw new RangeError('A server name goes on behind its list.');
    names.push(list.toString('latin1', at + 3, next).toLowerCase());
    at = next;
  }
  return names;
}
