import type { Clause, Need } from './needs.ts';

/** Answers which patterns a text may match, by their places in the list, in no order. What it leaves out cannot match. */
export type Prefilter = (text: string) => readonly number[];

/**
 * Makes it of what each pattern needs. One pass over the text: at each place the next letters, which tables turn down
 * nearly always, behind them what is needed as a whole, and a pattern may match once each of its clauses was met.
 */
export function createPrefilter(patterns: readonly (readonly Clause[])[]): Prefilter {
  const { needs, patternsOf } = indexed(patterns);
  const { beginnings, tables, lists } = createTables(needs);
  const counts = Uint8Array.from(patterns, (all) => all.length);
  const always = [...counts.keys()].filter((pattern) => counts[pattern] === 0);
  // One text is looked at at a time, and nothing of it stays.
  const left = new Uint8Array(patterns.length);
  const isMet = new Uint8Array(patternsOf.length);
  const isSeen = new Uint8Array(needs.length);
  const meet = ({ clauses }: Needed, found: number[]): void => {
    for (const clause of clauses) {
      if (isMet[clause] === 1) continue;
      isMet[clause] = 1;
      for (const pattern of patternsOf[clause] as number[]) {
        const open = (left[pattern] as number) - 1;
        left[pattern] = open;
        if (open === 0) found.push(pattern);
      }
    }
  };
  const look = (list: number, text: string, at: number, found: number[]): void => {
    const those = lists[list] as readonly number[];
    for (let index = 0; index < those.length; index += 1) {
      const need = those[index] as number;
      if (isSeen[need] === 1) continue;
      const needed = needs[need] as Needed;
      if (!stands(needed, text, at)) continue;
      isSeen[need] = 1;
      meet(needed, found);
    }
  };
  return (text) => {
    left.set(counts);
    isMet.fill(0);
    isSeen.fill(0);
    const found = [...always];
    let [two, three, four] = [codeAt(text, 0), codeAt(text, 1), codeAt(text, 2)];
    for (let at = 0; at < text.length; at += 1) {
      const one = two;
      two = three;
      three = four;
      four = codeAt(text, at + 3);
      let place = one & mask;
      if (isIn(beginnings[0], place)) look(tables[0][place] as number, text, at, found);
      place = next(place, two);
      if (isIn(beginnings[1], place)) look(tables[1][place] as number, text, at, found);
      place = next(place, three);
      if (isIn(beginnings[2], place)) look(tables[2][place] as number, text, at, found);
      place = next(place, four);
      if (isIn(beginnings[3], place)) look(tables[3][place] as number, text, at, found);
    }
    return found;
  };
}

interface Needed extends Need {
  readonly codes: Uint16Array;
  /** The places of the clauses that it meets. */
  readonly clauses: number[];
}

/** Every need and every clause once; by the place of a clause the patterns that it belongs to. */
function indexed(patterns: readonly (readonly Clause[])[]): {
  readonly needs: readonly Needed[];
  readonly patternsOf: readonly (readonly number[])[];
} {
  const clauses = new Map<string, number>();
  const patternsOf: number[][] = [];
  const needed = new Map<string, Needed>();
  for (const [pattern, all] of patterns.entries())
    for (const clause of all) {
      const name = clause.map(nameOf).join('|');
      const known = clauses.get(name);
      const id = known ?? patternsOf.push([]) - 1;
      patternsOf[id]?.push(pattern);
      if (known !== undefined) continue;
      clauses.set(name, id);
      for (const need of clause) {
        const codes = Uint16Array.from(need.letters, (_, at) => need.letters.charCodeAt(at));
        const entry = needed.get(nameOf(need)) ?? { ...need, codes, clauses: [] };
        entry.clauses.push(id);
        needed.set(nameOf(need), entry);
      }
    }
  return { needs: [...needed.values()], patternsOf };
}

function nameOf({ letters, isStart }: Need): string {
  return `${isStart ? '^' : ' '}${letters.length}${letters}`;
}

/** One for each number of first letters that are looked at: one, two, three, four. */
type ByLetters<Table> = readonly [Table, Table, Table, Table];

/**
 * By a hash of the first letters of a need: whether any need begins so, a bit each, small enough to stay near the
 * processor; which list is theirs; and the lists, of places among the needs.
 */
function createTables(needs: readonly Needed[]): {
  readonly beginnings: ByLetters<Uint8Array>;
  readonly tables: ByLetters<Uint16Array>;
  readonly lists: readonly (readonly number[])[];
} {
  const bits = (): Uint8Array => new Uint8Array((mask + 1) / 8);
  const ids = (): Uint16Array => new Uint16Array(mask + 1);
  const beginnings: ByLetters<Uint8Array> = [bits(), bits(), bits(), bits()];
  const tables: ByLetters<Uint16Array> = [ids(), ids(), ids(), ids()];
  const lists: number[][] = [];
  for (const [index, { codes }] of needs.entries()) {
    const first = codes.subarray(0, tables.length);
    const place = first.subarray(1).reduce(next, (first[0] ?? 0) & mask);
    const known = beginnings[first.length - 1] as Uint8Array;
    const table = tables[first.length - 1] as Uint16Array;
    if (!isIn(known, place)) {
      known[place >> 3] = (known[place >> 3] as number) | (1 << (place & 7));
      table[place] = lists.push([]) - 1;
    }
    lists[table[place] as number]?.push(index);
  }
  return { beginnings, tables, lists };
}

function isIn(bits: Uint8Array, place: number): boolean {
  return (((bits[place >> 3] as number) >> (place & 7)) & 1) === 1;
}

const mask = 2 ** 15 - 1;

/** The hash of one letter more. */
function next(hash: number, code: number): number {
  return (Math.imul(hash, 331) + code) & mask;
}

/** 0 behind the end. */
function codeAt(text: string, at: number): number {
  return at < text.length ? text.charCodeAt(at) : 0;
}

function stands({ codes, isStart }: Needed, text: string, at: number): boolean {
  if (at + codes.length > text.length) return false;
  for (let index = codes.length - 1; index >= 0; index -= 1)
    if (text.charCodeAt(at + index) !== codes[index]) return false;
  return !isStart || at === 0 || !isWord(text.charCodeAt(at - 1));
}

/** As `\w` has it. */
function isWord(code: number): boolean {
  return (
    (code >= 97 && code <= 122) ||
    (code >= 48 && code <= 57) ||
    code === 95 ||
    (code >= 65 && code <= 90)
  );
}
