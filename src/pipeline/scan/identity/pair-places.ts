import { normalizeText } from '../../../domain/finding.ts';
import type { LocatedSighting } from '../../../domain/ports/git.ts';
import type { KnownFinding } from '../../../domain/ports/stores.ts';
import { contextLikeness, textLikeness } from './likeness.ts';

/** Old and new that are one finding, by their index in the lists. */
export type Pairs = ReadonlyMap<number, number>;

interface Open {
  readonly known: readonly KnownFinding[];
  readonly seen: readonly LocatedSighting[];
  /** Their texts, normalized. */
  readonly texts: { readonly old: readonly string[]; readonly fresh: readonly string[] };
  /** Indexes not paired yet. */
  readonly old: Set<number>;
  readonly fresh: Set<number>;
  readonly pairs: Map<number, number>;
}

type Place = KnownFinding | LocatedSighting;

/** One half of what must be equal, of a finding and its normalized text. */
type KeyOf = (one: Place, text: string) => string;

/** Indexes of those with an equal key. */
interface Group {
  readonly old: number[];
  readonly fresh: number[];
}

type Score = (known: KnownFinding, seen: LocatedSighting) => number;

/** More comparisons than this are not made in one stage; so many strange findings at once have no honest match. */
const comparisonsAtMost = 400_000;

/**
 * Pairs findings that were known with sightings of now, surest evidence first: same blob; same words in the same file;
 * same words in another file; like words or like surroundings. What an earlier stage paired, a later one cannot take.
 */
export function pairPlaces(
  known: readonly KnownFinding[],
  seen: readonly LocatedSighting[],
): Pairs {
  if (known.length === 0 || seen.length === 0) return new Map();
  const open: Open = {
    known,
    seen,
    texts: {
      old: known.map(({ text }) => normalizeText(text)),
      fresh: seen.map(({ text }) => normalizeText(text)),
    },
    old: new Set(known.keys()),
    fresh: new Set(seen.keys()),
    pairs: new Map(),
  };
  const byBlob = ({ oid }: Place) => oid ?? 'null';
  const byPath = ({ path }: Place) => path;
  const byText = (_: Place, text: string) => text;
  const tagAndText = ({ tag }: Place, text: string) => `${tag}\0${text}`;
  const nothing = () => '';
  const samePlace = () => 1;
  stage(open, byBlob, (one, text) => `${one.path}\0${one.line}\0${one.tag}\0${text}`, samePlace);
  stage(open, byBlob, (one, text) => `${one.line}\0${one.tag}\0${text}`, samePlace);
  stage(open, byPath, tagAndText, sameFile, true);
  stage(open, byPath, byText, (a, b) => (contextLikeness(a, b) >= 0.4 ? sameFile(a, b) : 0));
  stage(open, byText, ({ tag }) => `${tag}`, otherFile);
  stage(open, byPath, byText, (a, b) => (a.text === '' ? 0 : sameFile(a, b)));
  stage(open, byPath, nothing, edited);
  stage(open, byText, nothing, (a, b) => (a.text.length > 12 ? contextLikeness(a, b) : 0));
  stage(open, nothing, nothing, movedAndEdited);
  return open.pairs;
}

/**
 * Pairs within groups of equal keys, best score first, then in order of lines; a score of 0 is no match. The second half of
 * the key is only made where the first one is shared: most of what is seen shares it with nothing.
 */
function stage(open: Open, first: KeyOf, second: KeyOf, score: Score, alone = false): void {
  if (open.old.size === 0 || open.fresh.size === 0) return;
  const groups: Group[] = [];
  const byKey = new Map<string, Map<string, Group>>();
  for (const index of open.old) {
    const one = open.known[index];
    if (one === undefined) continue;
    const text = open.texts.old[index] ?? '';
    const key = first(one, text);
    const half = byKey.get(key) ?? new Map<string, Group>();
    byKey.set(key, half);
    groupOf(half, second(one, text), groups).old.push(index);
  }
  for (const index of open.fresh) {
    const one = open.seen[index];
    if (one === undefined) continue;
    const text = open.texts.fresh[index] ?? '';
    const half = byKey.get(first(one, text));
    half?.get(second(one, text))?.fresh.push(index);
  }
  for (const { old, fresh } of groups) {
    if (old.length * fresh.length === 0 || old.length * fresh.length > comparisonsAtMost) continue;
    if (alone && old.length === 1 && fresh.length === 1) pair(open, old[0] ?? 0, fresh[0] ?? 0);
    else pairGroup(open, old, fresh, score);
  }
}

function groupOf(half: Map<string, Group>, key: string, groups: Group[]): Group {
  const known = half.get(key);
  if (known !== undefined) return known;
  const group = { old: [], fresh: [] };
  half.set(key, group);
  groups.push(group);
  return group;
}

function pairGroup(
  open: Open,
  old: readonly number[],
  fresh: readonly number[],
  score: Score,
): void {
  const options: { old: number; fresh: number; score: number; ranks: number }[] = [];
  const rank = rankByLine(open, old, fresh);
  for (const a of old) {
    for (const b of fresh) {
      const one = open.known[a];
      const other = open.seen[b];
      if (one === undefined || other === undefined) continue;
      const value = score(one, other);
      if (value > 0) options.push({ old: a, fresh: b, score: value, ranks: rank(a, b) });
    }
  }
  options.sort(
    (a, b) => b.score - a.score || a.ranks - b.ranks || a.old - b.old || a.fresh - b.fresh,
  );
  for (const option of options) {
    if (open.old.has(option.old) && open.fresh.has(option.fresh))
      pair(open, option.old, option.fresh);
  }
}

/** How far apart two are in the order of lines of their group. */
function rankByLine(open: Open, old: readonly number[], fresh: readonly number[]) {
  const line = (one: { line: number } | undefined) => one?.line ?? 0;
  const a = [...old].sort((x, y) => line(open.known[x]) - line(open.known[y]));
  const b = [...fresh].sort((x, y) => line(open.seen[x]) - line(open.seen[y]));
  const ranksOld = new Map(a.map((index, rank) => [index, rank]));
  const ranksNew = new Map(b.map((index, rank) => [index, rank]));
  return (x: number, y: number) => Math.abs((ranksOld.get(x) ?? 0) - (ranksNew.get(y) ?? 0));
}

function pair(open: Open, old: number, fresh: number): void {
  open.pairs.set(old, fresh);
  open.old.delete(old);
  open.fresh.delete(fresh);
}

/** Equal words in one file: surroundings decide between doubles; the open before the vanished; the owner breaks ties. */
function sameFile(known: KnownFinding, seen: LocatedSighting): number {
  return (
    base(known) + round(contextLikeness(known, seen)) + (known.owner === seen.owner ? 0.001 : 0)
  );
}

/** Equal words in another file; a tag that stands alone needs equal surroundings. */
function otherFile(known: KnownFinding, seen: LocatedSighting): number {
  const context = contextLikeness(known, seen);
  if (known.text.length <= 3 && context < 0.5) return 0;
  const name = fileName(known.path) === fileName(seen.path) ? 0.1 : 0;
  return base(known) + round(context) + name;
}

/** Other words at the same place of a file. */
function edited(known: KnownFinding, seen: LocatedSighting): number {
  if (known.missedScans > 0) return 0;
  const text = textLikeness(known.text, seen.text);
  const context = contextLikeness(known, seen);
  const sure = text >= 0.65 || (text >= 0.4 && context >= 0.2) || (text >= 0.2 && context >= 0.6);
  return sure ? text + context : 0;
}

function movedAndEdited(known: KnownFinding, seen: LocatedSighting): number {
  if (known.missedScans > 0 || known.path === seen.path) return 0;
  const context = contextLikeness(known, seen);
  if (context < 0.3 && fileName(known.path) !== fileName(seen.path)) return 0;
  const text = textLikeness(known.text, seen.text);
  const sure = (text >= 0.55 && context >= 0.3) || (text >= 0.25 && context >= 0.6) || text >= 0.75;
  return sure ? text + context : 0;
}

function base(known: KnownFinding): number {
  return known.missedScans > 0 ? 0.01 : 2;
}

/** Steps of a hundredth, so that nearly equal surroundings leave the decision to the order of lines. */
function round(value: number): number {
  return Math.round(value * 100) / 100;
}

function fileName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
