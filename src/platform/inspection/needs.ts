/**
 * What a text must hold for a pattern to match it at all, so that most patterns need not be tried: the idea of the
 * prefilter of RE2 (https://github.com/google/re2, re2/prefilter.h). Reads the part of the syntax that signs are written
 * in: groups, alternatives, classes, escapes, quantifiers and looking around.
 */

/** Letters that stand in every text that matches; at the beginning of a word when it says so. */
export interface Need {
  readonly letters: string;
  readonly isStart: boolean;
}

/** One of several that a pattern begins with at its top level, with what it needs. */
export interface Alternative {
  readonly source: string;
  /** A text that matches holds one of these; null when nothing is certain. */
  readonly needs: readonly Need[] | null;
}

/** Takes a pattern apart at its top-level `|`; which of them matches is the same as whether the whole does. */
export function alternativesOf(source: string): readonly Alternative[] {
  const reader = { source, at: 0 };
  const found: Alternative[] = [];
  for (;;) {
    const from = reader.at;
    const needs = readSequence(reader, false);
    // What is in most texts anyhow turns none down.
    const isTelling = needs !== null && costOf(needs) < 1;
    found.push({ source: source.slice(from, reader.at), needs: isTelling ? needs : null });
    if (reader.at >= source.length) return found;
    reader.at += 1;
  }
}

interface Reader {
  readonly source: string;
  at: number;
}

/** What an atom says: a character, what is needed of a group, that a word begins, or nothing. */
type Atom =
  | { readonly character: string }
  | { readonly needs: readonly Need[] | null }
  | { readonly bound: true };
const nothing: Atom = { needs: null };

/** `isBound`: whether a word begins or ends where it begins. */
function readSequence(reader: Reader, isBound: boolean): readonly Need[] | null {
  let best: readonly Need[] | null = null;
  let run = { letters: '', isStart: isBound };
  const offer = (needs: readonly Need[] | null): void => {
    if (needs !== null && (best === null || costOf(needs) < costOf(best))) best = needs;
  };
  const endRun = (isStart = false): void => {
    if (run.letters !== '') offer([{ ...run, isStart: run.isStart && /^\w/u.test(run.letters) }]);
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
    if ('needs' in atom && times !== 'maybe') offer(atom.needs);
  }
  endRun();
  return best;
}

function readGroup(reader: Reader, isBound: boolean): readonly Need[] | null {
  const all: Need[] = [];
  let isCertain = true;
  for (;;) {
    const needs = readSequence(reader, isBound);
    if (needs === null) isCertain = false;
    else all.push(...needs);
    const end = reader.source[reader.at];
    reader.at += 1;
    if (end !== '|') return isCertain ? all : null;
  }
}

function readAtom(reader: Reader, isBound: boolean): Atom {
  const { source } = reader;
  const character = String.fromCodePoint(source.codePointAt(reader.at) ?? 0);
  reader.at += character.length;
  if (character === '(') {
    const [opening = ''] = /^(?:\?(?:<?[=!]|:|<\w+>))?/u.exec(source.slice(reader.at)) ?? [];
    reader.at += opening.length;
    const needs = readGroup(reader, isBound);
    return { needs: /[=!]$/u.test(opening) ? null : needs };
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
  const rest = reader.source.slice(reader.at);
  const [escape = ''] =
    /^(?:[pP]\{[^}]*\}|u\{[\da-fA-F]+\}|u[\da-fA-F]{4}|x[\da-fA-F]{2}|[^])/u.exec(rest) ?? [];
  reader.at += escape.length;
  if (escape === 'b') return { bound: true };
  return /^\w/u.test(escape) ? nothing : { character: escape };
}

function readQuantifier(reader: Reader): 'once' | 'maybe' | 'often' {
  const [quantifier = ''] =
    /^(?:[?*+]|\{\d+(?:,\d*)?\})\??/u.exec(reader.source.slice(reader.at)) ?? [];
  reader.at += quantifier.length;
  if (quantifier === '') return 'once';
  return /^(?:[?*]|\{0+[,}])/u.test(quantifier) ? 'maybe' : 'often';
}

/** How many texts hold one of them, roughly: short ones and everyday words are in most. */
function costOf(needs: readonly Need[]): number {
  return needs.reduce(
    (sum, { letters }) => sum + (everyday.test(letters) ? 1 : rarity(letters)),
    0,
  );
}

function rarity(letters: string): number {
  return /[^ -~]/u.test(letters) ? 0.001 : 4 ** -letters.length;
}

const everyday =
  /^ ?(?:the|a|an|to|of|in|on|is|are|it|this|that|and|or|you|your|all|any|for|with|not|no|as|be|was|have|has|by|from|at|if|so|do|what|when|which|we|my|me|i)? ?$/u;
