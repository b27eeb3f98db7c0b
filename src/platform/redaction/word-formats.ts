import { createHash } from 'node:crypto';

/** A kind of secret in which nothing is sure but the form of one long word: found by looking at such words alone. */
export interface WordFormat {
  readonly kind: string;
  /** Whether this word may be one, by what is cheap to ask; the unit behind its end is that of the next character. */
  readonly mayBe: (units: Uint16Array, start: number, end: number) => boolean;
  /** Global, every repetition bounded. */
  readonly pattern: RegExp;
  readonly leave?: (secret: string) => boolean;
}

/** The least length of a word that is looked at. */
export const shortestWord = 24;

/** Letters, digits, `_` and `-`. */
export function isPartOfWord(character: number): boolean {
  return partsOfWords[character] === 1;
}

const partsOfWords = new Uint8Array(65_536);
for (const one of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-')
  partsOfWords[one.charCodeAt(0)] = 1;

const point = 0x2e;

export const wordFormats: readonly WordFormat[] = [
  {
    // Two points, the second seven characters behind the first.
    kind: 'discord-token',
    mayBe: (units, start, end) =>
      end - start >= 27 && units[start - 1] === point && units[start - 8] === point,
    pattern: /(?<![A-Za-z0-9_-])[MNO][A-Za-z0-9_-]{23,27}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,40}/g,
  },
  {
    // Of Vault before 1.10: `s.` and what looks like chance, not like the member of a variable.
    kind: 'vault-token',
    mayBe: (units, start, end) =>
      end - start === 24 &&
      units[start - 1] === point &&
      units[start - 2] === 0x73 &&
      !isPartOfWord(units[start - 3] ?? 0),
    pattern: /(?<![A-Za-z0-9_.$-])s\.[A-Za-z0-9]{24}(?![A-Za-z0-9_(-])/g,
    leave: (secret) => changesOfKind(secret.slice(2)) < 10,
  },
  {
    // A private key of Bitcoin in the form of its wallets, which ends with a checksum.
    kind: 'bitcoin-key',
    mayBe: (units, start, end) =>
      (end - start === 51 || end - start === 52) && everyIs(units, start, end, isBase58),
    pattern:
      /(?<![A-Za-z0-9_-])(?:[59][1-9A-HJ-NP-Za-km-z]{50}|[KLc][1-9A-HJ-NP-Za-km-z]{51})(?![A-Za-z0-9_-])/g,
    leave: (secret) => !hasChecksum(secret),
  },
  {
    // The number of an account, a dash and forty characters of chance; a digest has no capitals.
    kind: 'twitter-token',
    mayBe: (units, start, end) =>
      end - start >= 56 &&
      end - start <= 66 &&
      units[end - 41] === 0x2d &&
      everyIs(units, start, end - 41, isDigit),
    pattern: /(?<![A-Za-z0-9_-])[0-9]{15,25}-[A-Za-z0-9]{40}(?![A-Za-z0-9_-])/g,
    leave: (secret) => !/[A-Z]/.test(secret) || changesOfKind(secret.slice(-40)) < 16,
  },
];

function everyIs(
  units: Uint16Array,
  start: number,
  end: number,
  is: (unit: number) => boolean,
): boolean {
  for (let at = start; at < end; at += 1) if (!is(units[at] ?? 0)) return false;
  return true;
}

function isDigit(unit: number): boolean {
  return unit >= 0x30 && unit <= 0x39;
}

/** How often a small letter, a capital or a digit stands beside one of another kind: in names only where a word begins. */
function changesOfKind(value: string): number {
  return value.match(/[a-z](?=[A-Z0-9])|[A-Z](?=[a-z0-9])|[0-9](?=[A-Za-z])/g)?.length ?? 0;
}

const base58 = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';

function isBase58(unit: number): boolean {
  return base58.includes(String.fromCharCode(unit));
}

/** Base58Check: the last four bytes are the first ones of the doubled SHA-256 of the others. */
function hasChecksum(word: string): boolean {
  let value = 0n;
  for (const letter of word) value = value * 58n + BigInt(base58.indexOf(letter));
  const hex = value.toString(16);
  const bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
  const digest = (data: Buffer): Buffer => createHash('sha256').update(data).digest();
  return digest(digest(bytes.subarray(0, -4)))
    .subarray(0, 4)
    .equals(bytes.subarray(-4));
}
