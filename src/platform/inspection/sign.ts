import { follows } from './near.ts';
import { alternativesOf, type Need } from './needs.ts';

/** One sign that a text gives orders to the program that reads it; signs add up. */
export interface Sign {
  /** 1: everyday by itself; 2: rare among people; 3: enough. */
  readonly weight: 1 | 2 | 3;
  /** The sign is there when one of these is. */
  readonly parts: readonly Part[];
}

export interface Part {
  /** A text that it is in holds one of these; null when nothing is certain. */
  readonly needs: readonly Need[] | null;
  /** Asked of text in lower case with single blanks. */
  readonly holds: (text: string) => boolean;
}

/** A sign that each of these patterns gives. */
export function sign(weight: Sign['weight'], ...sources: readonly string[]): Sign {
  const parts = sources.flatMap(alternativesOf).map(({ source, needs }) => {
    const pattern = new RegExp(source, 'mu');
    return { needs, holds: (text: string) => pattern.test(text) };
  });
  return { weight, parts };
}

/** The same of patterns with flags of their own. */
export function signOf(weight: Sign['weight'], patterns: readonly RegExp[]): Sign {
  const parts = patterns.map((pattern) => ({
    needs: needsOf(pattern.source),
    holds: (text: string) => pattern.test(text),
  }));
  return { weight, parts };
}

/** The second pattern behind the first, at most so far and with nothing between them that stops it. */
export function pair(
  first: string,
  second: string,
  how: { readonly within: number; readonly stops: RegExp },
): readonly Part[] {
  const other = new RegExp(second, 'gmu');
  return alternativesOf(first).map(({ source, needs }) => {
    const one = new RegExp(source, 'gmu');
    return { needs: needs ?? needsOf(second), holds: (text) => follows(text, one, other, how) };
  });
}

function needsOf(source: string): readonly Need[] | null {
  const all = alternativesOf(source).map(({ needs }) => needs);
  return all.includes(null) ? null : all.flatMap((needs) => needs ?? []);
}

/**
 * Makes what answers which signs may be in a text, each with the parts that may, by one pass over it: at each place the
 * next three letters, which a table turns down nearly always, and behind it what is needed as a whole.
 */
export function createSieve(
  signs: readonly Sign[],
): (text: string) => ReadonlyMap<Sign, readonly Part[]> {
  const all = signs.flatMap((of) => of.parts.map((part) => ({ of, part })));
  const always = Uint8Array.from(all, ({ part }) => (part.needs === null ? 1 : 0));
  const known: Beginnings = new Map();
  const begins = new Uint8Array(tableSize);
  // By the first letter alone.
  const short: Beginnings = new Map();
  for (const [index, { part }] of all.entries()) {
    for (const need of part.needs ?? []) {
      const isShort = need.letters.length < 3;
      const place = isShort ? need.letters.charCodeAt(0) : placeOf(need.letters, 0);
      const those = isShort ? short : known;
      those.set(place, [...(those.get(place) ?? []), { need, index }]);
      if (!isShort) begins[place] = 1;
    }
  }
  const shortBegins = new Uint8Array(2 ** 16);
  for (const place of short.keys()) shortBegins[place] = 1;
  return (text) => {
    const isFound = always.slice();
    const look = (those: Beginnings, place: number, at: number): void => {
      for (const { need, index } of those.get(place) ?? [])
        if (isFound[index] === 0 && stands(need, text, at)) isFound[index] = 1;
    };
    for (let at = 0; at < text.length; at += 1) {
      const place = placeOf(text, at);
      if (begins[place] === 1) look(known, place, at);
      const first = text.charCodeAt(at);
      if (shortBegins[first] === 1) look(short, first, at);
    }
    const found = new Map<Sign, Part[]>();
    for (let index = isFound.indexOf(1); index >= 0; index = isFound.indexOf(1, index + 1)) {
      const { of, part } = all[index] ?? {};
      if (of === undefined || part === undefined) continue;
      const parts = found.get(of);
      if (parts === undefined) found.set(of, [part]);
      else parts.push(part);
    }
    return found;
  };
}

type Beginnings = Map<number, readonly { readonly need: Need; readonly index: number }[]>;

const tableSize = 2 ** 16;

function placeOf(text: string, at: number): number {
  const two = Math.imul(text.charCodeAt(at), 31) + text.charCodeAt(at + 1);
  return (Math.imul(two, 31) + text.charCodeAt(at + 2)) & (tableSize - 1);
}

function stands({ letters, isStart }: Need, text: string, at: number): boolean {
  if (!text.startsWith(letters, at)) return false;
  return !isStart || at === 0 || !/\w/.test(text[at - 1] ?? '');
}
