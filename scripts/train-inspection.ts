import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { asRead } from '../src/platform/inspection/instructing.ts';
import { mostSentences } from '../src/platform/inspection/learned.ts';
import {
  type Sentence,
  sentencesOf,
  tellFeatures,
} from '../src/platform/inspection/word-features.ts';

/**
 * Learns from the corpora what words to an agent sound like, and writes `src/platform/inspection/learned-weights.ts`:
 * `node scripts/train-inspection.ts`, a minute. A logistic regression with the FTRL-Proximal algorithm (McMahan et al.,
 * "Ad Click Prediction: a View from the Trenches", 2013), whose L1 part leaves most features out; the same corpora give
 * the same weights. Run it after texts were added to the corpora.
 */
const root = join(import.meta.dirname, '..');
const corpora = join(root, 'test/corpora/inspection');

/** A text that is to be told apart: features with how often each occurs over the root of the number of all. */
interface Example {
  readonly features: Int32Array;
  readonly values: Float32Array;
  readonly isHostile: boolean;
}

/** How much a hostile example counts beside a legitimate one, of which there are many more. */
const hostileWeight = 2;
/** What the decision is moved by towards letting pass, in units of the logarithm of the odds. */
const reserve = 0.3;
const rate = 0.5;
const l1 = 1;
const l2 = 1;
const rounds = 10;
const rarest = 3;
const kept = 8000;
const scale = 25;

const hostile = textsOf('{hostile-words*,training/hostile*}.jsonl').flatMap((text) => {
  const sentences = sentencesOf(asRead(text));
  return sentences.length <= 4 ? [sentences] : windowsOf(sentences, [mostSentences]);
});
const written = [...textsOf('{legitimate*,training/legitimate*}.jsonl'), ...documents()];
const legitimate = written.flatMap((text) => {
  const windows = windowsOf(sentencesOf(asRead(text)), [1, 2, mostSentences]);
  const step = Math.max(1, Math.floor(windows.length / 8));
  return windows.filter((_, at) => at % step === 0);
});

const ids = new Map<string, number>();
const examples = encode();
const weights = learn();
write();

function textsOf(pattern: string): string[] {
  const files = globSync(pattern, { cwd: corpora }).sort();
  return files.flatMap((file) =>
    readFileSync(join(corpora, file), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as string),
  );
}

/** Paragraphs of our own documents, which speak of agents, approvals and secrets all the time. */
function documents(): string[] {
  const files = globSync(['*.md', 'docs/**/*.md'], { cwd: root }).sort();
  const paragraphs = files.flatMap((file) =>
    readFileSync(join(root, file), 'utf8').split(/\n\s*\n/),
  );
  return paragraphs.filter(({ length }) => length > 30 && length < 3000);
}

function windowsOf(
  sentences: readonly Sentence[],
  lengths: readonly number[],
): (readonly Sentence[])[] {
  return sentences.flatMap((_, first) =>
    lengths
      .filter((length) => first + length <= sentences.length)
      .map((length) => sentences.slice(first, first + length)),
  );
}

function encode(): Example[] {
  const counted = [...hostile, ...legitimate].map((window, at) => {
    const counts = new Map<string, number>();
    for (const sentence of window)
      tellFeatures(sentence, (...parts) => {
        const name = parts.map((part) => part?.text).join(' ');
        counts.set(name, (counts.get(name) ?? 0) + 1);
      });
    return { counts, isHostile: at < hostile.length };
  });
  const windows = new Map<string, number>();
  for (const { counts } of counted)
    for (const name of counts.keys()) windows.set(name, (windows.get(name) ?? 0) + 1);
  for (const [name, count] of windows) if (count >= rarest) ids.set(name, ids.size);
  return counted.map(({ counts, isHostile }) => {
    const all = [...counts.values()].reduce((sum, count) => sum + count, 0);
    const known = [...counts].filter(([name]) => ids.has(name));
    return {
      features: Int32Array.from(known, ([name]) => ids.get(name) ?? 0),
      values: Float32Array.from(known, ([, count]) => count / Math.sqrt(all)),
      isHostile,
    };
  });
}

/** The weight of each feature; behind them that of the bias. */
function learn(): Float64Array {
  const bias = ids.size;
  const [n, z, w] = [0, 1, 2].map(() => new Float64Array(bias + 1)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  const settle = (at: number): number => {
    const sum = z[at] ?? 0;
    const least = at === bias ? 0 : l1;
    const slow = (1 + Math.sqrt(n[at] ?? 0)) / rate + l2;
    return (w[at] = Math.abs(sum) <= least ? 0 : (Math.sign(sum) * least - sum) / slow);
  };
  const learnFrom = (at: number, gradient: number): void => {
    const before = n[at] ?? 0;
    const after = before + gradient * gradient;
    z[at] =
      (z[at] ?? 0) + gradient - ((Math.sqrt(after) - Math.sqrt(before)) / rate) * (w[at] ?? 0);
    n[at] = after;
  };
  const next = generator();
  for (let round = 0; round < rounds; round += 1) {
    shuffle(examples, next);
    for (const { features, values, isHostile } of examples) {
      let sum = settle(bias);
      for (const [at, feature] of features.entries()) sum += settle(feature) * (values[at] ?? 0);
      const error = 1 / (1 + Math.exp(-sum)) - (isHostile ? 1 : 0);
      const gradient = error * (isHostile ? hostileWeight : 1);
      learnFrom(bias, gradient);
      for (const [at, feature] of features.entries())
        learnFrom(feature, gradient * (values[at] ?? 0));
    }
  }
  for (let at = 0; at <= bias; at += 1) settle(at);
  return w;
}

/** A linear congruential generator (Numerical Recipes): the order of the examples is the same each time. */
function generator(): () => number {
  let state = 7;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

function shuffle(list: Example[], next: () => number): void {
  for (let at = list.length - 1; at > 0; at -= 1) {
    const other = Math.floor(next() * (at + 1));
    const one = list[at] as Example;
    list[at] = list[other] as Example;
    list[other] = one;
  }
}

function write(): void {
  const occurrences = new Float64Array(ids.size);
  for (const { features } of examples)
    for (const feature of features) occurrences[feature] = (occurrences[feature] ?? 0) + 1;
  const ranked = [...ids]
    .map(([name, id]) => ({
      name,
      weight: Math.round((weights[id] ?? 0) * scale),
      rank: Math.abs(weights[id] ?? 0) * Math.sqrt(occurrences[id] ?? 0),
    }))
    .filter(({ weight }) => weight !== 0)
    .sort((one, other) => other.rank - one.rank)
    .slice(0, kept);
  const byWeight = Map.groupBy(ranked, ({ weight }) => weight);
  const heaviest = [...byWeight].sort(([one], [other]) => other - one);
  const lines = heaviest.map(
    ([weight, those]) =>
      `${weight}\n${those
        .map(({ name }) => name)
        .sort()
        .join('\n')}`,
  );
  writeFileSync(
    join(root, 'src/platform/inspection/learned-weights.ts'),
    `// Written by scripts/train-inspection.ts.
/** Weights times \`scale\`, each above the features that have it, the heaviest first. */
export const learned = {
  bias: ${((weights[ids.size] ?? 0) - reserve).toFixed(3)},
  scale: ${scale},
  weights: [
${lines.map((line) => `    ${JSON.stringify(line)},`).join('\n')}
  ],
};
`,
  );
  process.stdout.write(
    `${hostile.length} hostile and ${legitimate.length} legitimate windows, ${ranked.length} of ${ids.size} features kept\n`,
  );
}
