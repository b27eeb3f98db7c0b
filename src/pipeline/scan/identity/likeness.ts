import { normalizeText } from '../../../domain/finding.ts';

/** What two looks at a place are compared by. */
export interface Place {
  readonly text: string;
  readonly line: number;
  readonly endLine: number;
  readonly context: readonly string[];
  readonly contextStart: number;
}

/** How alike two texts are, 0 to 1: shared pairs of letters (Dice), or how much of the shorter is in the longer. */
export function textLikeness(a: string, b: string): number {
  const one = normalizeText(a).toLowerCase();
  const other = normalizeText(b).toLowerCase();
  if (one === other) return 1;
  const words = sharedPart(wordsOf(one), wordsOf(other));
  const pairs = sharedPart(pairsOf(one), pairsOf(other));
  return Math.max(pairs.dice, words.dice, 0.8 * words.ofShorter);
}

/** How alike the lines round two places are, 0 to 1; punctuation and indentation do not count, short lines count little. */
export function contextLikeness(a: Place, b: Place): number {
  const one = surroundings(a);
  const other = surroundings(b);
  if (one.before.size + one.after.size === 0 || other.before.size + other.after.size === 0) {
    return one.before.size + one.after.size === other.before.size + other.after.size ? 0.5 : 0;
  }
  const before = overlap(one.before, other.before);
  const after = overlap(one.after, other.after);
  const total = before.total + after.total;
  return total === 0 ? 0 : (before.shared + after.shared) / total;
}

interface Surroundings {
  readonly before: ReadonlyMap<string, number>;
  readonly after: ReadonlyMap<string, number>;
}

const known = new WeakMap<Place, Surroundings>();

function surroundings(place: Place): Surroundings {
  const cached = known.get(place);
  if (cached !== undefined) return cached;
  const before = new Map<string, number>();
  const after = new Map<string, number>();
  place.context.forEach((text, index) => {
    const line = place.contextStart + index;
    if (line >= place.line && line <= place.endLine) return;
    const plain = text
      .replace(/[^\p{L}\p{N}_]+/gu, ' ')
      .trim()
      .toLowerCase();
    if (plain === '') return;
    const near = Math.max(
      0.5,
      1 - 0.15 * (Math.abs(line - (line < place.line ? place.line : place.endLine)) - 1),
    );
    (line < place.line ? before : after).set(plain, near * Math.min(1, 0.2 + plain.length / 20));
  });
  const result = { before, after };
  known.set(place, result);
  return result;
}

function overlap(
  a: ReadonlyMap<string, number>,
  b: ReadonlyMap<string, number>,
): { shared: number; total: number } {
  let shared = 0;
  let ofA = 0;
  let ofB = 0;
  for (const [line, weight] of a) {
    ofA += weight;
    if (b.has(line)) shared += (weight + (b.get(line) ?? 0)) / 2;
  }
  for (const weight of b.values()) ofB += weight;
  return { shared: shared, total: (ofA + ofB) / 2 };
}

function wordsOf(text: string): string[] {
  return text.split(/[^\p{L}\p{N}_]+/gu).filter((word) => word.length > 1);
}

function pairsOf(text: string): string[] {
  return Array.from({ length: Math.max(0, text.length - 1) }, (_, at) => text.slice(at, at + 2));
}

function sharedPart(
  a: readonly string[],
  b: readonly string[],
): { dice: number; ofShorter: number } {
  if (a.length === 0 || b.length === 0) return { dice: 0, ofShorter: 0 };
  const left = new Map<string, number>();
  for (const part of a) left.set(part, (left.get(part) ?? 0) + 1);
  let shared = 0;
  for (const part of b) {
    const count = left.get(part) ?? 0;
    if (count === 0) continue;
    left.set(part, count - 1);
    shared += 1;
  }
  return {
    dice: (2 * shared) / (a.length + b.length),
    ofShorter: shared / Math.min(a.length, b.length),
  };
}
