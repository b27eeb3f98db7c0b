import type { Clause, Need } from './needs.ts';

/** Answers which patterns a text may match, by their places in the list, in no order. What it leaves out cannot match. */
export type Prefilter = (text: string) => readonly number[];

/**
 * Makes it of what each pattern needs. One pass over the text: at each place the next three letters and the fourth, which
 * tables turn down nearly always, then the letters one by one as far as any need goes, and a pattern may match once each of
 * its clauses was met.
 */
export function createPrefilter(patterns: readonly (readonly Clause[])[]): Prefilter {
  const { needs, patternsOf } = indexed(patterns);
  const clausesOfNeeds = listsOf(needs.map(({ clauses }) => clauses));
  const patternsOfClauses = listsOf(patternsOf);
  const { begins, longer } = beginningsOf(needs);
  const tree = createTree(needs);
  // A letter that is a whole need is in most texts often, and tells nothing more the second time.
  const letters = needsOfOneLetter(needs);
  const counts = Uint8Array.from(patterns, (all) => all.length);
  const always = [...counts.keys()].filter((pattern) => counts[pattern] === 0);
  // One text is looked at at a time, and nothing of it stays.
  const left = new Uint8Array(patterns.length);
  const isMet = new Uint8Array(patternsOf.length);
  const isSeen = new Uint8Array(needs.length);
  const meet = (need: number, found: number[]): void => {
    isSeen[need] = 1;
    const untilClause = clausesOfNeeds[need + 1] as number;
    for (let place = clausesOfNeeds[need] as number; place < untilClause; place += 1) {
      const clause = clausesOfNeeds[place] as number;
      if (isMet[clause] === 1) continue;
      isMet[clause] = 1;
      const untilPattern = patternsOfClauses[clause + 1] as number;
      for (let one = patternsOfClauses[clause] as number; one < untilPattern; one += 1) {
        const pattern = patternsOfClauses[one] as number;
        const open = (left[pattern] as number) - 1;
        left[pattern] = open;
        if (open === 0) found.push(pattern);
      }
    }
  };
  const follow = (text: string, from: number, isStart: boolean, found: number[]): void => {
    let node = root;
    for (let at = from; at < text.length; at += 1) {
      const place = placeOf(tree, node, letterAt(text, at));
      const child = tree.nodes[place + 1] as number;
      if (child === 0) return;
      node = child & nodeMask;
      if (child === node) continue;
      for (const need of tree.ends[node] as readonly number[])
        if (isSeen[need] === 0 && (isStart || !(needs[need] as Needed).isStart)) meet(need, found);
    }
  };
  return (text) => {
    left.set(counts);
    isMet.fill(0);
    isSeen.fill(0);
    const found = [...always];
    const { length } = text;
    let isStart = true;
    let two = length > 0 ? letterAt(text, 0) : 0;
    let three = length > 1 ? letterAt(text, 1) : 0;
    let four = length > 2 ? letterAt(text, 2) : 0;
    for (let at = 0; at < length; at += 1) {
      const one = two;
      two = three;
      three = four;
      four = at + 3 < length ? letterAt(text, at + 3) : 0;
      const second = next(one, two);
      const third = next(second, three);
      const begun =
        ((begins[one & mask] as number) & first) |
        ((begins[second] as number) & firstTwo) |
        ((begins[third] as number) & firstThree);
      const isAtStart = isStart;
      isStart = !isWord(one);
      let open = isAtStart ? begun : begun & anywhere;
      if (open === 0) continue;
      if ((open & firstOfFour) !== 0 && !isLonger(longer, fourth(third, four)))
        open &= ~firstOfFour;
      if (open === 0) continue;
      if ((open & ~first) === 0 && isOnlySeen(one)) continue;
      follow(text, at, isAtStart, found);
    }
    return found;
  };

  function isOnlySeen(letter: number): boolean {
    const need = letters[letter & mask] as number;
    return need !== 0 && isSeen[need - 1] === 1;
  }
}

interface Needed extends Need {
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
      for (const { letters, isStart } of clause) {
        const need = { letters: withBlanks(letters), isStart };
        const entry = needed.get(nameOf(need)) ?? { ...need, clauses: [] };
        entry.clauses.push(id);
        needed.set(nameOf(need), entry);
      }
    }
  return { needs: [...needed.values()], patternsOf };
}

function withBlanks(letters: string): string {
  return letters.replaceAll(/\s/gu, ' ');
}

function nameOf({ letters, isStart }: Need): string {
  return `${isStart ? '^' : ' '}${letters.length}${letters}`;
}

/** Lists behind each other, and in front of all by the place of each where it begins and the one behind it. */
function listsOf(lists: readonly (readonly number[])[]): Uint32Array {
  const all: number[] = [];
  const starts = lists.map((list) => lists.length + all.push(...list) - list.length + 1);
  return Uint32Array.from([...starts, lists.length + all.length + 1, ...all]);
}

/**
 * `begins`: by a hash of the first letters of a need, at most three: whether any need of one, two, three, or more begins so,
 * a bit each, and another bit each for those that only the beginning of a word counts for. `longer`: a bit for each hash
 * that the first four letters of a need have.
 */
function beginningsOf(needs: readonly Needed[]): {
  readonly begins: Uint8Array;
  readonly longer: Uint8Array;
} {
  const begins = new Uint8Array(mask + 1);
  const longer = new Uint8Array((fourthMask + 1) / 8);
  for (const { letters, isStart } of needs) {
    const count = Math.min(letters.length, 4);
    let place = letters.charCodeAt(0) & mask;
    for (let at = 1; at < Math.min(count, 3); at += 1) place = next(place, letters.charCodeAt(at));
    begins[place] = (begins[place] as number) | (1 << (count - 1 + (isStart ? 4 : 0)));
    if (count < 4) continue;
    const hash = fourth(place, letters.charCodeAt(3));
    longer[hash >>> 3] = (longer[hash >>> 3] as number) | (1 << (hash & 7));
  }
  return { begins, longer };
}

/** Bits of `begins`. */
const first = 0b0001_0001;
const firstTwo = 0b0010_0010;
const firstThree = 0b1100_1100;
const firstOfFour = 0b1000_1000;
const anywhere = 0b0000_1111;

const fourthMask = 2 ** 17 - 1;

/** The hash of four letters, from that of three and the fourth. */
function fourth(hash: number, code: number): number {
  return (hash * 37 + code * 641) & fourthMask;
}

function isLonger(longer: Uint8Array, hash: number): boolean {
  return ((longer[hash >>> 3] as number) & (1 << (hash & 7))) !== 0;
}

/** By letter the place of the only need that it is, from 1; 0 where there are several or none. */
function needsOfOneLetter(needs: readonly Needed[]): Uint16Array {
  const found = new Uint16Array(mask + 1);
  const several = new Set<number>();
  for (const [index, need] of needs.entries()) {
    if (need.letters.length !== 1) continue;
    const place = need.letters.charCodeAt(0) & mask;
    if (found[place] !== 0) several.add(place);
    found[place] = index + 1;
  }
  for (const place of several) found[place] = 0;
  return found;
}

const mask = 2 ** 15 - 1;

/** The hash of one letter more. */
function next(hash: number, code: number): number {
  return (hash * 33 + code) & mask;
}

/** All needs letter by letter; a child is found by its parent and its letter, in the next free place behind their hash. */
interface Tree {
  /**
   * Two for each place, so that one look at the memory has both: the parent times 2^16 and the letter, and the child, with
   * `hasEnds` where needs end there, of which 0 is a free place.
   */
  readonly nodes: Uint32Array;
  readonly mask: number;
  /** By node the needs that end there, as places among the needs. */
  readonly ends: readonly (readonly number[] | undefined)[];
}

const root = 1;
/** A parent has sixteen bits. */
const mostNodes = 2 ** 16;
const nodeMask = mostNodes - 1;
const hasEnds = mostNodes;

function createTree(needs: readonly Needed[]): Tree {
  const letters = needs.reduce((sum, need) => sum + need.letters.length, 0);
  if (letters + 2 > mostNodes)
    throw new RangeError('more letters are needed than a tree has room for');
  const size = 2 ** Math.ceil(Math.log2(letters * 2 + 2));
  const ends: (number[] | undefined)[] = [undefined, undefined];
  const tree: Tree = { nodes: new Uint32Array(size * 2), mask: size * 2 - 1, ends };
  for (const [index, need] of needs.entries()) {
    let node = root;
    for (let at = 0; at < need.letters.length; at += 1) {
      const code = need.letters.charCodeAt(at);
      const place = placeOf(tree, node, code);
      if (tree.nodes[place + 1] === 0) {
        tree.nodes[place] = nameOfChild(node, code);
        tree.nodes[place + 1] = ends.push(undefined) - 1;
      }
      node = tree.nodes[place + 1] as number;
    }
    const those = ends[node];
    if (those === undefined) ends[node] = [index];
    else those.push(index);
  }
  for (let place = 1; place < tree.nodes.length; place += 2) {
    const node = tree.nodes[place] as number;
    if (ends[node] !== undefined) tree.nodes[place] = node | hasEnds;
  }
  return tree;
}

function nameOfChild(parent: number, code: number): number {
  return ((parent << 16) | code) >>> 0;
}

function placeOf({ nodes, mask: last }: Tree, parent: number, code: number): number {
  const name = nameOfChild(parent, code);
  let place = ((Math.imul(parent, 0x9e_37) + Math.imul(code, 0x1_01)) * 2) & last;
  while (nodes[place + 1] !== 0 && nodes[place] !== name) place = (place + 2) & last;
  return place;
}

/** Every blank of `\s` is one. */
function letterAt(text: string, at: number): number {
  return letterOf(text.charCodeAt(at));
}

function letterOf(code: number): number {
  if (code < 128) return code < 14 && code > 8 ? blank : code;
  return isOtherBlank(code) ? blank : code;
}

/** Those of `\s` that are not in ASCII. */
function isOtherBlank(code: number): boolean {
  if (code === 0xa0 || code === 0x16_80 || code === 0x30_00 || code === 0xfe_ff) return true;
  if (code < 0x20_00 || code > 0x20_5f) return false;
  return (
    code <= 0x20_0a || code === 0x20_28 || code === 0x20_29 || code === 0x20_2f || code === 0x20_5f
  );
}

const blank = 32;

/** As `\w` has it. */
function isWord(code: number): boolean {
  return (
    (code >= 97 && code <= 122) ||
    (code >= 48 && code <= 57) ||
    code === 95 ||
    (code >= 65 && code <= 90)
  );
}
