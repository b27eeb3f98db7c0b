/**
 * What a text must hold for a pattern to match it at all, so that most patterns need not be tried: the idea of the
 * prefilter of RE2 (https://github.com/google/re2, re2/prefilter.h). Reads the part of the syntax that signs are written
 * in: groups, alternatives, classes, escapes, quantifiers and looking around.
 */

/** Letters that stand in every text that matches, whatever blank for a blank; at the beginning of a word when it says so. */
export interface Need {
  readonly letters: string;
  readonly isStart: boolean;
}

/** One of these stands in every text that matches. */
export type Clause = readonly Need[];

/** One of several that a pattern begins with at its top level, with what it needs. */
export interface Alternative {
  readonly source: string;
  /** All of them hold of a text that matches; none when nothing is certain. */
  readonly needs: readonly Clause[];
}

/** Takes a pattern apart at its top-level `|`; which of them matches is the same as whether the whole does. */
export function alternativesOf(source: string): readonly Alternative[] {
  const reader = { source, at: 0 };
  const found: Alternative[] = [];
  for (;;) {
    const from = reader.at;
    const needs = readSequence(reader, false);
    found.push({ source: source.slice(from, reader.at), needs: tellingOf(needs) });
    if (reader.at >= source.length) return found;
    reader.at += 1;
  }
}

/**
 * The same, and what is one group to its end, behind nothing or an assertion, taken apart as well. For patterns that are
 * only asked whether they match: each alternative then has needs of its own.
 */
export function innerAlternativesOf(source: string): readonly Alternative[] {
  return alternativesOf(source).flatMap((alternative) => {
    const [, before = '', inner] = oneGroup.exec(alternative.source) ?? [];
    if (inner === undefined || !isWhole(inner)) return [alternative];
    return innerAlternativesOf(inner).map(({ source: one }) => {
      const [part] = alternativesOf(`${before}(?:${one})`);
      return part ?? alternative;
    });
  });
}

const oneGroup = /^(\\b|\(\?<?!(?:\\p\{L\}|\[\\p\{L\}\])\))?\(\?:([^]*)\)$/u;

/** Whether no group is closed that was not opened in it. */
function isWhole(source: string): boolean {
  const reader = { source, at: 0 };
  for (;;) {
    readSequence(reader, false);
    if (reader.at >= source.length) return true;
    if (source[reader.at] !== '|') return false;
    reader.at += 1;
  }
}

/** What a whole pattern needs. Where it does not ask whether letters are capital nothing is certain. */
export function needsOf({ source, ignoreCase }: RegExp): readonly Clause[] {
  return ignoreCase ? [] : tellingOf(anyOf(alternativesOf(source).map(({ needs }) => needs)));
}

/** The rarest of what is needed; everyday words only where there is nothing else. */
export function tellingOf(clauses: readonly Clause[]): readonly Clause[] {
  const different = new Map<string, { readonly clause: Clause; readonly cost: number }>();
  for (const clause of clauses)
    different.set(JSON.stringify(clause), { clause, cost: costOf(clause) });
  const rarest = [...different.values()].sort((one, other) => one.cost - other.cost);
  const telling = rarest.filter(({ cost }) => cost < 1);
  const words = rarest.filter(({ clause }) => clause.every(isLong));
  return (telling.length > 0 ? telling : words).slice(0, mostClauses).map(({ clause }) => clause);
}

/** More would turn down little more. */
const mostClauses = 4;

/** A letter alone, and a blank, is in every text. */
function isLong({ letters }: Need): boolean {
  return letters.trim().length > 1;
}

interface Reader {
  readonly source: string;
  at: number;
}

/** What an atom says: a character, what is needed of a group, that a word begins, or nothing. */
type Atom =
  | { readonly character: string }
  | { readonly needs: readonly Clause[] }
  | { readonly bound: true };
const nothing: Atom = { needs: [] };

/** `isBound`: whether a word begins or ends where it begins. */
function readSequence(reader: Reader, isBound: boolean): readonly Clause[] {
  const all: Clause[] = [];
  let run = { letters: '', isStart: isBound };
  const endRun = (isStart = false): void => {
    if (run.letters !== '')
      all.push([{ ...run, isStart: run.isStart && /^\w/u.test(run.letters) }]);
    run = { letters: '', isStart };
  };
  while (reader.at < reader.source.length && !'|)'.includes(reader.source[reader.at] ?? '')) {
    const atom = readAtom(reader, run.letters === '' && run.isStart);
    const times = readQuantifier(reader);
    if ('bound' in atom) {
      endRun(true);
      continue;
    }
    if ('character' in atom && times !== 'maybe')
      run = { ...run, letters: run.letters + atom.character };
    if ('character' in atom && times === 'once') continue;
    endRun();
    if ('needs' in atom && times !== 'maybe') all.push(...atom.needs);
  }
  endRun();
  return all;
}

function readGroup(reader: Reader, isBound: boolean): readonly Clause[] {
  const all: (readonly Clause[])[] = [];
  for (;;) {
    all.push(readSequence(reader, isBound));
    const end = reader.source[reader.at];
    reader.at += 1;
    if (end !== '|') return anyOf(all);
  }
}

/** What is needed where one of several is: of each what is rarest. */
function anyOf(several: readonly (readonly Clause[])[]): readonly Clause[] {
  if (several.length === 1) return several[0] ?? [];
  const rarest = several.map((clauses) =>
    clauses.reduce<Clause | null>(
      (best, clause) => (best === null || costOf(clause) < costOf(best) ? clause : best),
      null,
    ),
  );
  return rarest.includes(null) ? [] : [rarest.flatMap((clause) => clause ?? [])];
}

function readAtom(reader: Reader, isBound: boolean): Atom {
  const { source } = reader;
  const character = String.fromCodePoint(source.codePointAt(reader.at) ?? 0);
  reader.at += character.length;
  if (character === '(') {
    const opening = readBy(reader, /(?:\?(?:<?[=!]|:|<\w+>))?/uy);
    const needs = readGroup(reader, isBound);
    return { needs: /[=!]$/u.test(opening) ? [] : needs };
  }
  if (character === '[') {
    while (source[reader.at] !== ']') reader.at += source[reader.at] === '\\' ? 2 : 1;
    reader.at += 1;
    return nothing;
  }
  if (character === '\\') return readEscape(reader);
  return '^$.'.includes(character) ? nothing : { character };
}

function readEscape(reader: Reader): Atom {
  const escape = readBy(
    reader,
    /[pP]\{[^}]*\}|u\{[\da-fA-F]+\}|u[\da-fA-F]{4}|x[\da-fA-F]{2}|[^]/uy,
  );
  if (escape === 'b') return { bound: true };
  if (/^[stnrfv]/u.test(escape)) return { character: ' ' };
  return /^\w/u.test(escape) ? nothing : { character: escape };
}

/** What the sticky pattern finds where the reader stands, and goes behind it. */
function readBy(reader: Reader, pattern: RegExp): string {
  pattern.lastIndex = reader.at;
  const [found = ''] = pattern.exec(reader.source) ?? [];
  reader.at += found.length;
  return found;
}

function readQuantifier(reader: Reader): 'once' | 'maybe' | 'often' {
  if (!'?*+{'.includes(reader.source[reader.at] ?? ' ')) return 'once';
  const quantifier = readBy(reader, /(?:[?*+]|\{\d+(?:,\d*)?\})\??/uy);
  if (quantifier === '') return 'once';
  return /^(?:[?*]|\{0+[,}])/u.test(quantifier) ? 'maybe' : 'often';
}

/** How many texts hold one of them, roughly: short ones and everyday words are in most. */
function costOf(needs: Clause): number {
  return needs.reduce((sum, { letters }) => sum + commonness(letters), 0);
}

function commonness(letters: string): number {
  const isEveryday = letters.length <= longestEveryday && everyday.test(letters);
  return isEveryday ? 1 : rarity(letters);
}

function rarity(letters: string): number {
  if (/[^ -~]/u.test(letters)) return 0.001;
  return /^[a-z]$/u.test(letters) ? 0.9 : 2 * 4 ** -letters.length;
}

/** "which" in blanks. */
const longestEveryday = 7;
const everyday =
  /^ ?(?:the|a|an|to|of|in|on|is|are|it|this|that|and|or|you|your|all|any|for|with|not|no|as|be|was|have|has|by|from|at|if|so|do|what|when|which|we|my|me|i)? ?$/u;
