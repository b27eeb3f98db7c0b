import type { Looked, Marks } from './candidates.ts';
import { contextFormats } from './context-formats.ts';
import { contextReader, type LeftAlone } from './context-reader.ts';
import { createNearnesses } from './nearness.ts';
import { looksRandom } from './not-a-secret.ts';
import type { PrefixedFormat } from './prefixed-format.ts';
import { prefixedFormats } from './prefixed-formats.ts';
import { beginsWith, beyond, type Found, type Reader, setOf } from './reader.ts';
import { firstOf, type Place, placeOf, slotAt } from './reading-places.ts';
import { letters, slotOf, slots } from './rolling-letters.ts';
import { type ShapeFormat, shapeFormats } from './shape-formats.ts';
import { shortestAgain, standingAgain } from './standing-again.ts';
import { unitsIn } from './units.ts';
import { isPartOfWord, shortestWord, type WordFormat, wordFormats } from './word-formats.ts';

/** Makes what looks at a place. */
type Plan = () => Reader;

/** What was named once as a secret is one wherever else it stands in the same text; so many of them are looked for again. */
const mostAgain = 8;

/** Replaces the secrets that some known letters announce: one pass over the text, however many formats there are. */
export function createFormatScan(
  marks: Marks,
  replacementOf: (kind: string, secret: string) => string,
): (seen: Looked) => string {
  const left: LeftAlone = new Map();
  const pass = { number: 0 };
  const nearnesses = createNearnesses(pass);
  // Few of the places are ever met: each is made when it is met for the first time.
  const plans = new Map<number, Plan[]>();
  const places: (Place | undefined)[] = Array.from({ length: slots });
  const placeAt = (slot: number): Place | undefined => {
    const known = places[slot];
    const plan = known === undefined ? plans.get(slot) : undefined;
    return plan === undefined ? known : (places[slot] = placeOf(plan.map((make) => make())));
  };
  const plan = (slot: number, make: Plan): void => {
    const all = plans.get(slot) ?? [];
    plans.set(slot, all);
    all.push(make);
  };
  const exact = (start: string, make: () => Asked): void => {
    marks.addFormat(start, true);
    plan(slotOf(start), () => readerOf([unitsIn(start)], make()));
  };
  exact('[REDACTED:', () => ({ read: readReplacement }));
  for (const format of prefixedFormats)
    for (const prefix of format.prefixes)
      exact(prefix, () => ({
        before: format.standsAlone === true ? noPartOfWord : null,
        near: nearnesses.of(format),
        read: prefixedReader(format, prefix),
      }));
  const groups = new Map<readonly string[], readonly Beginnings[]>();
  for (const format of contextFormats) {
    const { starts, isExact = false, before, follows, later, never } = format;
    const all = groups.get(starts) ?? beginningsOf(starts);
    if (!groups.has(starts)) for (const start of starts) marks.addFormat(start, isExact);
    groups.set(starts, all);
    for (const { slot, begins } of all)
      plan(slot, () =>
        readerOf(begins(), {
          before: setOrNull(before),
          follows: setOrNull(follows),
          later: setOrNull(later),
          never: setOrNull(never),
          near: nearnesses.of(format),
          read: contextReader(pass, nearnesses, format, begins(), left),
        }),
      );
  }
  for (const format of shapeFormats)
    for (const start of format.holds) exact(start, () => ({ read: shapeReader(format) }));
  const again = new Map<string, string>();
  const remembered = (kind: string, secret: string): string => {
    const instead = replacementOf(kind, secret);
    if (again.size < mostAgain && secret.length >= shortestAgain && looksRandom(secret))
      again.set(secret, instead);
    return instead;
  };
  return (seen) => {
    pass.number += 1;
    const words = wordFormatsIn(seen);
    if (again.size > 0) again.clear();
    let clean = replaced(seen, placeAt, remembered);
    if (again.size > 0)
      for (const secret of standingAgain(seen, [...again.keys()]))
        clean = clean.replaceAll(secret, () => again.get(secret) ?? '');
    if (left.size > 0) left.clear();
    for (const { kind, pattern, leave } of words)
      clean = clean.replace(pattern, (secret) =>
        leave?.(secret) === true ? secret : replacementOf(kind, secret),
      );
    return clean;
  };
}

type Asked = Pick<Reader, 'read'> & Partial<Omit<Reader, 'starts'>>;

/** All are made here, because what looks alike to the runtime is read in fewer steps. */
function readerOf(
  starts: readonly Uint16Array[],
  { before = null, follows = null, later = null, never = null, near = null, read }: Asked,
): Reader {
  return { starts, before, follows, later, never, near, read };
}

/** Beginnings whose first three letters are alike. */
interface Beginnings {
  readonly slot: number;
  readonly begins: () => readonly Uint16Array[];
}

function beginningsOf(starts: readonly string[]): readonly Beginnings[] {
  return Array.from(Map.groupBy(starts, slotOf), ([slot, all]) => {
    let units: readonly Uint16Array[] | undefined;
    return { slot, begins: () => (units ??= all.map(unitsIn)) };
  });
}

function setOrNull(characters: string | undefined): Uint8Array | null {
  return characters === undefined ? null : setOf(characters);
}

/** What some long word of the text may be. Looks at few of the characters. */
function wordFormatsIn({ text: { length }, units }: Looked): readonly WordFormat[] {
  let found: readonly WordFormat[] = [];
  let end = shortestWord - 1;
  while (end < length) {
    let at = end;
    while (at > end - shortestWord && isPartOfWord(units[at] ?? 0)) at -= 1;
    if (at > end - shortestWord) {
      end = at + shortestWord;
      continue;
    }
    while (at >= 0 && isPartOfWord(units[at] ?? 0)) at -= 1;
    while (isPartOfWord(units[end] ?? 0)) end += 1;
    for (const format of wordFormats)
      if (format.mayBe(units, at + 1, end) && !found.includes(format)) found = [...found, format];
    end += shortestWord;
  }
  return found;
}

/** What may stand before a word that is not to go on before. */
const noPartOfWord = Uint8Array.from({ length: beyond + 1 }, (_, unit) =>
  isPartOfWord(unit) ? 0 : 1,
);

function replaced(
  { text, units, formats }: Looked,
  placeAt: (slot: number) => Place | undefined,
  replacementOf: (kind: string, secret: string) => string,
): string {
  let result = '';
  let copied = 0;
  let next = 0;
  for (let index = 0; index < formats.length; index += 1) {
    const at = (formats.items[index] ?? 0) - letters + 1;
    if (at < next) continue;
    const found = firstOf(placeAt(slotAt(units, at)), text, at, units);
    // One that begins in what was replaced is a part of it.
    if (found === null || found.start < copied) continue;
    if (!found.isLeft) {
      const secret = text.slice(found.start, found.end);
      result += text.slice(copied, found.start) + replacementOf(found.kind, secret);
      copied = found.end;
    }
    next = found.after;
  }
  return copied === 0 ? text : result + text.slice(copied);
}

function prefixedReader({ kind, body, leave }: PrefixedFormat, prefix: string): Reader['read'] {
  const start = unitsIn(prefix);
  return (text, at, units) => {
    if (!beginsWith(units, at, start)) return null;
    body.lastIndex = at + prefix.length;
    if (!body.test(text)) return null;
    const end = body.lastIndex;
    const secret = text.slice(at, end);
    const isLeft = isFilling(secret.slice(prefix.length)) || leave?.(secret) === true;
    return { kind, start: at, end, after: end, isLeft };
  };
}

function shapeReader({ kind, pattern, endsThere = false, leave }: ShapeFormat): Reader['read'] {
  return (text, at) => {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match === null) return null;
    const [whole, before = ''] = match;
    const start = at - before.length;
    const end = endsThere ? at : at + whole.length;
    if (leave?.(text.slice(start, end)) === true) return null;
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
