import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import type { Json } from '../../lib/json.ts';
import { plainValue } from '../../lib/plain-value.ts';
import { type Candidates, createLook, createMarks } from './candidates.ts';
import { encodingsOf } from './encodings.ts';
import { createFormatScan } from './format-scan.ts';
import { createKnownValues } from './known-values.ts';

/** Takes secrets out of whatever leaves the process. */
export interface Redactor {
  /**
   * Makes a value known, so that it is found in each of its encodings: plain, base64, base64url, hex, URL, JSON.
   * The name becomes the kind in the replacement. Values shorter than 6 characters are not taken.
   */
  register(name: string, value: string): void;
  /** The text with each secret replaced by `[REDACTED:kind:6 hex]`; the hex tells equal secrets from different ones. */
  redact(text: string): string;
  /** The same for any value, as plain JSON data; members with a secret's name are replaced whatever they hold. */
  redactValue(value: unknown): Json;
  /** Names under which values were registered that stand in the text, in whatever encoding. */
  namesIn(text: string): readonly string[];
  /** Kinds of secrets in a text by their look or because they are known; never the values. */
  kindsIn(text: string): readonly string[];
}

const secretMember =
  /^(?:proxy-)?authorization$|^(?:set-)?cookie$|^x-api-key$|^(?:password|passwd|passphrase|secret|token|api_?key|private_?key|client_?secret|access_?token|refresh_?token|auth_?token|webhook_?secret)$/i;

/** `key` makes the hex of the replacements; random for each process, so that nobody can guess a secret by it. */
export function createRedactor(key: Uint8Array): Redactor {
  const marks = createMarks();
  const lookAt = createLook(marks);
  const known = createKnownValues(marks);
  const names = new Map<string, string>();
  const marker = createMarker(createSecretKey(key));
  const withoutFormats = createFormatScan(marks, marker);
  const lookAgain = (seen: Candidates, text: string): Candidates =>
    text === seen.text ? seen : lookAt(text);
  const redact = (text: string): string => {
    let seen = known.replaceIn(text, lookAt);
    if (seen.text.includes('BEGIN ')) seen = lookAgain(seen, withoutPrivateKeys(seen.text, marker));
    return withoutFormats(seen);
  };
  return {
    register: (name, value) => {
      if (value.length < 6) return;
      const replacement = marker(kindOf(name), value);
      names.set(replacement, name);
      for (const text of encodingsOf(value)) known.add(text, replacement);
    },
    redact,
    redactValue: (value) => redactedValue(plainValue(value), redact, marker),
    namesIn: (text) => {
      const clean = known.replaceIn(text, lookAt).text;
      if (clean === text) return [];
      const found = clean.match(/\[REDACTED:[a-z0-9-]{0,40}:[0-9a-f]{6}\]/g) ?? [];
      return [...new Set(found.flatMap((one) => names.get(one) ?? []))];
    },
    kindsIn: (text) => {
      const before = new Set(kindsOf(text));
      return kindsOf(redact(text)).filter((kind) => !before.has(kind));
    },
  };
}

function kindOf(name: string): string {
  const kind = name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
  return kind.replaceAll(/^-|-$/g, '').slice(0, 40);
}

function kindsOf(text: string): readonly string[] {
  const kinds = [...text.matchAll(/\[REDACTED:([a-z0-9-]{1,40}):[0-9a-f]{6}\]/g)].map(
    ([, kind]) => kind ?? '',
  );
  return [...new Set(kinds)];
}

type Marker = (kind: string, secret: string) => string;

/** The digest of the last secret is kept: one often stands in a text many times. */
function createMarker(key: KeyObject): Marker {
  let last = { secret: '', hex: '' };
  return (kind, secret) => {
    if (secret !== last.secret) {
      const hex = createHmac('sha256', key).update(secret).digest('hex').slice(0, 6);
      last = { secret, hex };
    }
    return `[REDACTED:${kind}:${last.hex}]`;
  };
}

/** Private keys in PEM (RFC 7468) or as SSH2 (RFC 4716), also with escaped line ends; one that is cut off is taken to the end of the text. */
function withoutPrivateKeys(text: string, marker: Marker): string {
  const begin =
    /-{4,5} ?BEGIN (?:[A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?|OpenVPN [A-Za-z0-9 -]{1,40}) ?-{4,5}/g;
  let result = '';
  let copied = 0;
  // None is looked for again behind a place behind which there was none.
  let hasEnd = true;
  for (let match = begin.exec(text); match !== null; match = begin.exec(text)) {
    const closed: number = hasEnd ? endOfKey(text, begin.lastIndex) : -1;
    hasEnd = closed !== -1;
    const end = hasEnd ? closed : endOfBody(text, begin.lastIndex);
    result += text.slice(copied, match.index) + marker('private-key', text.slice(match.index, end));
    copied = end;
    begin.lastIndex = end;
  }
  return result + text.slice(copied);
}

/** Behind the line that ends it; -1 when there is none. */
function endOfKey(text: string, from: number): number {
  const line = /-{4,5} ?END [A-Za-z0-9 ]{0,40}-{4,5}/g;
  line.lastIndex = from;
  return line.test(text) ? line.lastIndex : -1;
}

function endOfBody(text: string, from: number): number {
  const body = /[A-Za-z0-9+/=\s\\:,-]*/y;
  body.lastIndex = from;
  return body.test(text) ? body.lastIndex : from;
}

function redactedValue(value: Json, redact: (text: string) => string, marker: Marker): Json {
  if (typeof value === 'string') return redact(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((inner: Json) => redactedValue(inner, redact, marker));
  const entries = Object.entries(value).map(([name, inner]: [string, Json]): [string, Json] => [
    redact(name),
    secretMember.test(name) && typeof inner === 'string' && inner !== ''
      ? marker(kindOf(name), inner)
      : redactedValue(inner, redact, marker),
  ]);
  return Object.fromEntries(entries);
}
