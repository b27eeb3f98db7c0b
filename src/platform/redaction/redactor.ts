import { createSecretKey } from 'node:crypto';
import type { Json } from '../../lib/json.ts';
import { plainValue } from '../../lib/plain-value.ts';
import { createLook, createMarks, type Looked } from './candidates.ts';
import { encodingsOf } from './encodings.ts';
import { createFormatScan } from './format-scan.ts';
import { createKnownValues } from './known-values.ts';
import { createMarker, type Marker } from './marker.ts';
import { markPrivateKeys, privateKeysIn } from './private-keys.ts';

/** Takes secrets out of whatever leaves the process. */
export interface Redactor {
  /**
   * Makes a value known, so that it is found in each of its encodings: plain, base64, base64url, hex, URL, JSON.
   * The name becomes the kind in the replacement. Values shorter than 6 characters are not taken.
   */
  register(name: string, value: string): void;
  /**
   * The text with each secret replaced by `[REDACTED:kind:6 hex]`; the hex tells equal secrets from different ones. Of a
   * text that begins as the one before ended, that part may be given: it is sooner done, and the same.
   */
  redact(text: string, begin?: string): string;
  /** The same for any value, as plain JSON data; members with a secret's name are replaced whatever they hold. */
  redactValue(value: unknown): Json;
  /** Names under which values were registered that stand in the text, in whatever encoding. */
  namesIn(text: string): readonly string[];
  /** Kinds of secrets in a text by their look or because they are known; never the values. */
  kindsIn(text: string): readonly string[];
}

const secretMember =
  /^(?:proxy-)?authorization$|^(?:set-)?cookie$|^x-api-key$|^(?:password|passwd|passphrase|secret|token|api_?key|private_?key|client_?secret|access_?token|refresh_?token|auth_?token|webhook_?secret)$/i;

/**
 * `key` makes the hex of the replacements; random for each process, so that nobody can guess a secret by it. As a function
 * it is asked for once, when the first secret is found.
 */
export function createRedactor(key: Uint8Array | (() => Uint8Array)): Redactor {
  const marks = createMarks();
  const look = createLook(marks);
  const known = createKnownValues(marks);
  const names = new Map<string, string>();
  const marker = createMarker(() => createSecretKey(typeof key === 'function' ? key() : key));
  markPrivateKeys(marks);
  const withoutFormats = createFormatScan(marks, marker);
  const redact = (text: string, begin?: string): string => {
    let seen: Looked = known.replaceIn(text, look.at, begin);
    const keys = privateKeysIn(seen, marker);
    if (keys.length > 0) seen = look.again(seen, keys);
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
    redactValue: (value) => redactedValue(plainValue(value), (text) => redact(text), marker),
    namesIn: (text) => {
      const clean = known.replaceIn(text, look.at).text;
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
