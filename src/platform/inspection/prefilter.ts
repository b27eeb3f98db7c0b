import type { Clause, Need } from './needs.ts';

/** Answers which patterns a text may match, by their places in the list, in no order. What it leaves out cannot match. */
export type Prefilter = (text: string) => readonly number[];

/**
 * Makes it of what each pattern needs. One pass over the text: at each place the next three letters, which a table turns
 * down nearly always, then the letters one by one as far as any need goes, and a pattern may match once each of its
 * clauses was met.
 */
export function createPrefilter(patterns: readonly (readonly Clause[])[]): Prefilter {
  const { needs, patternsOf } = indexed(patterns);
  const begins = beginningsOf(needs);
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
    for (const clause of (needs[need] as Needed).clauses) {
      if (isMet[clause] === 1) continue;
      isMet[clause] = 1;
      for (const pattern of patternsOf[clause] as number[]) {
        const open = (left[pattern] as number) - 1;
        left[pattern] = open;
        if (open === 0) found.push(pattern);
      }
    }
  };
  const follow = (text: string, from: number, found: number[]): void => {
    let node = root;
    for (let at = from; at < text.length; at += 1) {
      node = childOf(tree, node, text.charCodeAt(at));
      if (node === 0) return;
      const ends = tree.ends[node];
      if (ends === undefined) continue;
      for (const need of ends)
        if (isSeen[need] === 0 && stands(needs[need] as Needed, text, from)) meet(need, found);
    }
  };
  return (text) => {
    left.set(counts);
    isMet.fill(0);
    isSeen.fill(0);
    const found = [...always];
    const { length } = text;
    let two = length > 0 ? text.charCodeAt(0) : 0;
    let three = length > 1 ? text.charCodeAt(1) : 0;
    for (let at = 0; at < length; at += 1) {
      const one = two;
      two = three;
      three = at + 2 < length ? text.charCodeAt(at + 2) : 0;
      const second = next(one, two);
      const begun =
        ((begins[one & mask] as number) & 1) |
        ((begins[second] as number) & 2) |
        ((begins[next(second, three)] as number) & 4);
      if (begun === 0) continue;
      const letter = letters[one & mask] as number;
      if (begun === 1 && letter !== 0 && isSeen[letter - 1] === 1) continue;
      follow(text, at, found);
    }
    return found;
  };
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
      for (const need of clause) {
        const entry = needed.get(nameOf(need)) ?? { ...need, clauses: [] };
        entry.clauses.push(id);
        needed.set(nameOf(need), entry);
      }
    }
  return { needs: [...needed.values()], patternsOf };
}

function nameOf({ letters, isStart }: Need): string {
  return `${isStart ? '^' : ' '}${letters.length}${letters}`;
}

/** By a hash of the first letters of a need, at most three: whether any need of one, two, or more begins so, a bit each. */
function beginningsOf(needs: readonly Needed[]): Uint8Array {
  const begins = new Uint8Array(mask + 1);
  for (const { letters } of needs) {
    const count = Math.min(letters.length, 3);
    let place = letters.charCodeAt(0) & mask;
    for (let at = 1; at < count; at += 1) place = next(place, letters.charCodeAt(at));
    begins[place] = (begins[place] as number) | (1 << (count - 1));
  }
  return begins;
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
  readonly parents: Uint32Array;
  readonly codes: Uint16Array;
  /** 0 is a free place. */
  readonly children: Uint32Array;
  readonly mask: number;
  /** By node the needs that end there, as places among the needs. */
  readonly ends: readonly (readonly number[] | undefined)[];
}

const root = 1;

function createTree(needs: readonly Needed[]): Tree {
  const letters = needs.reduce((sum, need) => sum + need.letters.length, 0);
  const size = 2 ** Math.ceil(Math.log2(letters * 2 + 2));
  const ends: (number[] | undefined)[] = [undefined, undefined];
  const tree: Tree = {
    parents: new Uint32Array(size),
    codes: new Uint16Array(size),
    children: new Uint32Array(size),
    mask: size - 1,
    ends,
  };
  for (const [index, need] of needs.entries()) {
    let node = root;
    for (let at = 0; at < need.letters.length; at += 1) {
      const code = need.letters.charCodeAt(at);
      const place = placeOf(tree, node, code);
      if (tree.children[place] === 0) {
        tree.parents[place] = node;
        tree.codes[place] = code;
        tree.children[place] = ends.push(undefined) - 1;
      }
      node = tree.children[place] as number;
    }
    const those = ends[node];
    if (those === undefined) ends[node] = [index];
    else those.push(index);
  }
  return tree;
}

/** 0 when there is none. */
function childOf(tree: Tree, node: number, code: number): number {
  return tree.children[placeOf(tree, node, code)] as number;
}

function placeOf(tree: Tree, node: number, code: number): number {
  let place = (Math.imul(node, 0x9e_37) + Math.imul(code, 0x1_01)) & tree.mask;
  while (tree.children[place] !== 0 && (tree.parents[place] !== node || tree.codes[place] !== code))
    place = (place + 1) & tree.mask;
  return place;
}

/** Whether a need whose letters are at a place may be there. */
function stands({ isStart }: Needed, text: string, at: number): boolean {
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
