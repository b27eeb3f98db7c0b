import { learned } from './learned-weights.ts';
import { hashOf, partOf, type Sentence, sentencesOf, tellFeatures } from './word-features.ts';

/** How many sentences in a row are judged together, at most. */
export const mostSentences = 3;
/** Tokens; fewer say too little. */
const fewest = 6;

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
      if (tokens >= fewest) most = Math.max(most, learned.bias + weight / Math.sqrt(features));
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
    weight += weights.get(hashOf(first, second, third)) ?? 0;
  });
  return { weight, features, tokens: sentence.length };
}

let table: ReadonlyMap<number, number> | null = null;

/** Made when the first text is looked at: a start has no time for it. */
function createTable(): ReadonlyMap<number, number> {
  const weights = new Map<number, number>();
  for (const block of learned.weights) {
    const [weight, ...features] = block.split('\n');
    for (const feature of features) {
      const [first = partOf(''), second, third] = feature.split(' ').map(partOf);
      weights.set(hashOf(first, second, third), Number(weight) / learned.scale);
    }
  }
  return weights;
}
