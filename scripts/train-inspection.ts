import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { asRead, mostRead } from '../src/platform/inspection/instructing.ts';
import { fewestTokens, mostSentences } from '../src/platform/inspection/learned.ts';
import { sentencesOf, tellFeatures } from '../src/platform/inspection/word-features.ts';

/**
 * Learns from the corpora what words to an agent sound like, and writes `src/platform/inspection/learned-weights.ts`:
 * `node scripts/train-inspection.ts`, half a minute. A logistic regression with the FTRL-Proximal algorithm (McMahan et al.,
 * "Ad Click Prediction: a View from the Trenches", 2013), whose L1 part leaves most features out. A text is judged by the
 * sentences in it that sound most like an order, and learned from by the same ones: what else stands in a hostile text is
 * no order (multiple instances: Andrews et al., "Support Vector Machines for Multiple-Instance Learning", 2002). The same
 * corpora and installed packages give the same weights. Run it after texts were added to the corpora.
 */
const root = join(import.meta.dirname, '..');
const corpora = join(root, 'test/corpora/inspection');

/** One sentence: its features with how often each occurs. */
interface Counts {
  readonly features: Int32Array;
  readonly counts: Float32Array;
  readonly all: number;
  readonly tokens: number;
}

interface Example {
  readonly sentences: readonly Counts[];
  readonly isHostile: boolean;
}

/** How much a hostile example counts beside a legitimate one, of which there are many more. */
const hostileWeight = 2;
/** What the decision is moved by towards letting pass, in units of the logarithm of the odds. */
const reserve = 0;
const rate = 0.8;
const l1 = 0.1;
const l2 = 0.2;
const rounds = 30;
const rarest = 3;
const kept = 24_000;
const scale = 25;
/** Paragraphs of one package; some have long lists of changes. */
const mostParagraphs = 12;
/** Messages in one language. */
const mostMessages = 60;

const hostile = textsOf('{hostile-words*,training/hostile*}.jsonl');
const legitimate = [
  ...textsOf('{legitimate*,training/legitimate*}.jsonl'),
  ...documents(),
  ...documentsOfOthers(),
  ...messagesOfOthers(),
];

const ids = new Map<string, number>();
const occurrences: number[] = [];
const examples = [
  ...hostile.map((text) => encode(text, true)),
  ...legitimate.map((text) => encode(text, false)),
];
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

/** Our own documents, which speak of agents, approvals and secrets all the time. */
function documents(): string[] {
  const files = globSync(['*.md', 'docs/**/*.md'], { cwd: root }).sort();
  return files.flatMap((file) => paragraphsOf(join(root, file)));
}

/** What strangers tell their readers to do: documents of every other installed package; those between are left to measure with. */
function documentsOfOthers(): string[] {
  const packages = join(root, 'node_modules');
  const files = globSync(['*/README.md', '@*/*/README.md', '*/CHANGELOG.md'], { cwd: packages });
  return files.sort().flatMap((file, at) => {
    if (at % 2 === 1) return [];
    const paragraphs = paragraphsOf(join(packages, file));
    const step = Math.max(1, Math.floor(paragraphs.length / mostParagraphs));
    return paragraphs.filter((_, place) => place % step === 0);
  });
}

/** What programs say to their users, in two dozen languages. */
function messagesOfOthers(): string[] {
  const packages = join(root, 'node_modules');
  const files = globSync(['typescript/lib/*/*.generated.json', 'axe-core/locales/*.json'], {
    cwd: packages,
  });
  return files.sort().flatMap((file) => {
    const messages = textsIn(JSON.parse(readFileSync(join(packages, file), 'utf8')));
    const step = Math.max(1, Math.floor(messages.length / mostMessages));
    return messages.filter((_, place) => place % step === 0);
  });
}

function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return value.length > 30 ? [value] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(textsIn);
}

function paragraphsOf(file: string): string[] {
  const paragraphs = readFileSync(file, 'utf8').split(/\n\s*\n/);
  return paragraphs.filter(({ length }) => length > 30 && length < 3000);
}

function encode(text: string, isHostile: boolean): Example {
  const sentences = sentencesOf(asRead(text.slice(0, mostRead))).map((sentence) => {
    const found = new Map<number, number>();
    let all = 0;
    tellFeatures(sentence, (...parts) => {
      const id = idOf(parts.map((part) => part?.text).join(' '));
      found.set(id, (found.get(id) ?? 0) + 1);
      all += 1;
    });
    for (const id of found.keys()) occurrences[id] = (occurrences[id] ?? 0) + 1;
    return {
      features: Int32Array.from(found.keys()),
      counts: Float32Array.from(found.values()),
      all,
      tokens: sentence.length,
    };
  });
  return { sentences, isHostile };
}

function idOf(name: string): number {
  const id = ids.get(name) ?? ids.size;
  ids.set(name, id);
  return id;
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
    if (at !== bias && (occurrences[at] ?? 0) < rarest) return 0;
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
    for (const { sentences, isHostile } of examples) {
      const telling = mostTelling(sentences, settle);
      if (telling === null) continue;
      const odds = telling.sum + settle(bias);
      const error = 1 / (1 + Math.exp(-odds)) - (isHostile ? 1 : 0);
      const gradient = error * (isHostile ? hostileWeight : 1);
      learnFrom(bias, gradient);
      for (const { features, counts } of telling.sentences)
        for (const [place, feature] of features.entries())
          learnFrom(feature, (gradient * (counts[place] ?? 0)) / telling.length);
    }
  }
  for (let at = 0; at <= bias; at += 1) settle(at);
  return w;
}

interface Telling {
  readonly sentences: readonly Counts[];
  readonly sum: number;
  /** What each weight is divided by. */
  readonly length: number;
}

/** The sentences in a row that `leaning` would judge by, with these weights. */
function mostTelling(
  sentences: readonly Counts[],
  weightOf: (feature: number) => number,
): Telling | null {
  const sums = sentences.map(({ features, counts }) => {
    let sum = 0;
    for (const [place, feature] of features.entries())
      sum += weightOf(feature) * (counts[place] ?? 0);
    return sum;
  });
  let most: Telling | null = null;
  for (let first = 0; first < sentences.length; first += 1) {
    let [sum, all, tokens] = [0, 0, 0];
    for (let last = first; last < Math.min(first + mostSentences, sentences.length); last += 1) {
      sum += sums[last] ?? 0;
      all += sentences[last]?.all ?? 0;
      tokens += sentences[last]?.tokens ?? 0;
      const length = Math.sqrt(all);
      if (tokens >= fewestTokens && (most === null || sum / length > most.sum))
        most = { sentences: sentences.slice(first, last + 1), sum: sum / length, length };
    }
  }
  return most;
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
    `${hostile.length} hostile and ${legitimate.length} legitimate texts, ${ranked.length} of ${ids.size} features kept\n`,
  );
}
