import { learned } from './learned-weights.ts';
import { hashOf, partOf, type Sentence, sentencesOf, tellFeatures } from './word-features.ts';

/** How many sentences in a row are judged together, at most. */
export const mostSentences = 3;
/** Fewer say too little. */
export const fewestTokens = 6;

/**
 * How much a text in lower case sounds like words to an agent, by the weights learned from the corpora: above 0 more like
 * them than like what people write to each other. Of the one, two or three sentences in a row that sound most like it;
 * `-Infinity` where there is nothing to judge. Linear in the length.
 */
export function leaning(text: string): number {
  const sums = sentencesOf(text).map(sumOf);
  let most = -Infinity;
  for (let first = 0; first < sums.length; first += 1) {
    let [weight, features, tokens] = [0, 0, 0];
    for (const sum of sums.slice(first, first + mostSentences)) {
      weight += sum.weight;
      features += sum.features;
      tokens += sum.tokens;
      if (tokens >= fewestTokens)
        most = Math.max(most, learned.bias + weight / Math.sqrt(features));
    }
  }
  return most;
}

interface Sum {
  readonly weight: number;
  readonly features: number;
  readonly tokens: number;
}

function sumOf(sentence: Sentence): Sum {
  const weights = (table ??= createTable());
  let [weight, features] = [0, 0];
  tellFeatures(sentence, (first, second, third) => {
    features += 1;
    const more = weightIn(weights, hashOf(first, second, third));
    // Most have none, and each sum that is made anew is a number to be collected.
    if (more !== 0) weight += more;
  });
  return { weight, features, tokens: sentence.length };
}

interface Table {
  /** Bits of the hashes that have a weight: most have none, and thirty-two kilobytes stay at hand beside other work. */
  readonly known: Uint32Array;
  /**
   * Hash and weight times `scale` side by side, in the next free place behind that of the lowest bits; a weight of 0 is a
   * free place.
   */
  readonly pairs: Int32Array;
  /** Of the places in `pairs`. */
  readonly mask: number;
}

let table: Table | null = null;

/** Made when the first text is looked at: a start has no time for it. */
function createTable(): Table {
  const blocks = learned.weights.map((block) => block.split('\n'));
  const count = blocks.reduce((sum, block) => sum + block.length, 0);
  const size = 2 ** Math.ceil(Math.log2(count * 2));
  const made = {
    known: new Uint32Array(2 ** 13),
    pairs: new Int32Array(size * 2),
    mask: size * 2 - 1,
  };
  for (const [weight, ...features] of blocks)
    for (const feature of features) {
      const [first = partOf(''), second, third] = feature.split(' ').map(partOf);
      const hash = hashOf(first, second, third);
      const place = placeIn(made, hash);
      made.known[hash >>> knownShift] =
        (made.known[hash >>> knownShift] as number) | (1 << ((hash >>> bitShift) & 31));
      made.pairs[place] = hash;
      made.pairs[place + 1] = Number(weight);
    }
  return made;
}

/** The highest thirteen bits of a hash name its word in `known`, the next five its bit. */
const knownShift = 19;
const bitShift = 14;

function weightIn(table: Table, hash: number): number {
  const isKnown = (table.known[hash >>> knownShift] as number) & (1 << ((hash >>> bitShift) & 31));
  if (isKnown === 0) return 0;
  return (table.pairs[placeIn(table, hash) + 1] as number) / learned.scale;
}

/** Where a hash stands, or where it would. */
function placeIn({ pairs, mask }: Pick<Table, 'pairs' | 'mask'>, hash: number): number {
  let place = (hash * 2) & mask;
  while (pairs[place + 1] !== 0 && pairs[place] !== hash) place = (place + 2) & mask;
  return place;
}
