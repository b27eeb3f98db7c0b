import type { ContextFormat } from './context-format.ts';
import { contextFormats } from './context-formats.ts';
import type { PrefixedFormat } from './prefixed-format.ts';
import { prefixedFormats } from './prefixed-formats.ts';
import { letters, rolled, slotOf, slots } from './rolling-letters.ts';
import { nameStarts, secretNames } from './secret-names.ts';

/** A secret in a text: which part of it is replaced, and from where the scan goes on. */
interface Found {
  readonly kind: string;
  readonly start: number;
  readonly end: number;
  readonly after: number;
  readonly isLeft: boolean;
}

interface Reader {
  /** Whether it looks only behind one of the names of secrets: that is asked once for all that do. */
  readonly isNamed: boolean;
  readonly read: (text: string, at: number) => Found | null;
}

/** None of what follows a name begins like a word. */
const name = new RegExp(`(?:${secretNames})(?![A-Za-z0-9_])`, 'iy');

/** Replaces the secrets that some known letters announce: one pass over the text, however many formats there are. */
export function createFormatScan(
  replacementOf: (kind: string, secret: string) => string,
): (text: string) => string {
  const readers: Reader[][] = Array.from({ length: slots });
  const filled = new Uint8Array(slots);
  const add = (start: string, read: Reader['read'], isNamed = false): void => {
    const slot = slotOf(start);
    readers[slot] = [...(readers[slot] ?? []), { isNamed, read }];
    filled[slot] = 1;
  };
  add('[REDACTED:', readReplacement);
  for (const format of prefixedFormats)
    for (const prefix of format.prefixes) add(prefix, prefixedReader(format, prefix));
  for (const format of contextFormats)
    for (const start of new Set(format.starts.map((one) => one.slice(0, letters))))
      add(start, contextReader(format), isNamed(format));
  return (text) => replaced(text, filled, readers, replacementOf);
}

function replaced(
  text: string,
  filled: Uint8Array,
  readers: readonly (readonly Reader[])[],
  replacementOf: (kind: string, secret: string) => string,
): string {
  let result = '';
  let copied = 0;
  let slot = 0;
  let next = 0;
  for (let index = 0; index < text.length; index += 1) {
    slot = rolled(slot, text.charCodeAt(index));
    if (filled[slot] === 0) continue;
    const at = index - letters + 1;
    if (at < next) continue;
    const found = firstOf(readers[slot], text, at);
    if (found === null) continue;
    if (!found.isLeft) {
      const secret = text.slice(found.start, found.end);
      result += text.slice(copied, found.start) + replacementOf(found.kind, secret);
      copied = found.end;
    }
    next = found.after;
    index = next - 1;
  }
  return copied === 0 ? text : result + text.slice(copied);
}

function firstOf(readers: readonly Reader[] = [], text: string, at: number): Found | null {
  let isThere: boolean | null = null;
  for (const { isNamed, read } of readers) {
    if (isNamed) {
      isThere ??= isName(text, at);
      if (!isThere) continue;
    }
    const found = read(text, at);
    if (found !== null) return found;
  }
  return null;
}

function isName(text: string, at: number): boolean {
  name.lastIndex = at;
  return name.test(text);
}

function isNamed({ starts, pattern }: ContextFormat): boolean {
  return starts === nameStarts && pattern.source.includes(`(?:${secretNames})`);
}

function prefixedReader(format: PrefixedFormat, prefix: string): Reader['read'] {
  const { kind, body, standsAlone = false, leave } = format;
  return (text, at) => {
    if (!text.startsWith(prefix, at)) return null;
    if (standsAlone && at > 0 && isPartOfWord(text.charCodeAt(at - 1))) return null;
    body.lastIndex = at + prefix.length;
    if (!body.test(text)) return null;
    const end = body.lastIndex;
    const secret = text.slice(at, end);
    const isLeft = isFilling(secret.slice(prefix.length)) || leave?.(secret) === true;
    return { kind, start: at, end, after: end, isLeft };
  };
}

/** What is left because of its words may still hold a secret by its letters, so the scan goes on behind the words. */
function contextReader({ kind, pattern, leave }: ContextFormat): Reader['read'] {
  return (text, at) => {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match === null) return null;
    const [whole, first, second = whole] = match;
    const secret = first ?? second;
    const start = at + whole.lastIndexOf(secret);
    const end = start + secret.length;
    if (secret.startsWith('[REDACTED:') || leave?.(secret, whole, text.charAt(end)) === true)
      return null;
    return { kind, start, end, after: end, isLeft: false };
  };
}

/** What was replaced before is left as it is. */
function readReplacement(text: string, at: number): Found | null {
  const replacement = /\[REDACTED:[a-z0-9-]{1,40}:[0-9a-f]{6}\]/y;
  replacement.lastIndex = at;
  if (!replacement.test(text)) return null;
  const end = replacement.lastIndex;
  return { kind: '', start: at, end, after: end, isLeft: true };
}

/** `xxxxxxxx`, `********`, `00000000`: what documents write where a secret would stand. */
function isFilling(body: string): boolean {
  return /^(.)\1*$/.test(body);
}

function isPartOfWord(character: number): boolean {
  return (
    (character >= 0x30 && character <= 0x39) ||
    (character >= 0x41 && character <= 0x5a) ||
    (character >= 0x61 && character <= 0x7a) ||
    character === 0x5f ||
    character === 0x2d
  );
}
