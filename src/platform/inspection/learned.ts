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
    weight += weightIn(weights, hashOf(first, second, third));
  });
  return { weight, features, tokens: sentence.length };
}

/** By hash, in the next free place behind that of its lowest bits; a weight of 0 is a free place. */
interface Table {
  readonly hashes: Int32Array;
  readonly weights: Float64Array;
  readonly mask: number;
}

let table: Table | null = null;

/** Made when the first text is looked at: a start has no time for it. */
function createTable(): Table {
  const blocks = learned.weights.map((block) => block.split('\n'));
  const count = blocks.reduce((sum, block) => sum + block.length, 0);
  const size = 2 ** Math.ceil(Math.log2(count * 2));
  const made = {
    hashes: new Int32Array(size),
    weights: new Float64Array(size),
    mask: size - 1,
  };
  for (const [weight, ...features] of blocks)
    for (const feature of features) {
      const [first = partOf(''), second, third] = feature.split(' ').map(partOf);
      const hash = hashOf(first, second, third);
      const place = placeIn(made, hash);
      made.hashes[place] = hash;
      made.weights[place] = Number(weight) / learned.scale;
    }
  return made;
}

function weightIn(known: Table, hash: number): number {
  return known.weights[placeIn(known, hash)] as number;
}

/** Where a hash stands, or where it would. */
function placeIn({ hashes, weights, mask }: Table, hash: number): number {
  let place = hash & mask;
  while (weights[place] !== 0 && hashes[place] !== hash) place = (place + 1) & mask;
  return place;
}
