import type { LogSource } from './log-source.ts';
import { isSuperseded } from './log-tail.ts';
import { emptyTree, growTree } from './merkle.ts';
import type { NoteVerifier } from './signed-note.ts';
import { type Gap, type Prune, readStatement, type Statement } from './statement.ts';

/** What the signed notes say must be in the log. */
export interface Expectations {
  /** Where the log begins after pruning; null when it begins with its first entry. */
  readonly start: Prune | null;
  readonly checkpoints: number;
  /** Entries that must be there. */
  readonly signedUntil: number;
  readonly gaps: readonly Gap[];
  readonly places: readonly AnchoredPlace[];
  /** What is wrong with the notes themselves; `seq` is the first entry that is not vouched for any more. */
  readonly complaints: readonly { readonly seq: number; readonly why: string }[];
  rootAt(size: number): Buffer | undefined;
  /** Whether an anchored leaf differs; null when it is the same, or not known. */
  flawOf(seq: number, leaf: Buffer): string | null;
}

/** A place outside the database, and the newest signed note that it holds. */
export interface AnchoredPlace {
  readonly name: string;
  readonly lines: number;
  /** Entries that the newest note vouches for, and when it was signed; null when there is none. */
  readonly last: { readonly size: number; readonly at: string } | null;
}

interface Told {
  readonly place: string;
  readonly said: Statement;
  readonly leaves: Buffer;
}

interface Complaint {
  readonly seq: number;
  readonly why: string;
}

/** Reads all notes, in the database and outside, checks their signatures and holds them against each other. */
export async function createExpectations(
  source: LogSource,
  verifier: NoteVerifier,
): Promise<Expectations> {
  const read = createNoteReader(verifier);
  const told: Told[] = [];
  const complaints: Complaint[] = [];
  const take = (place: string, note: string, leaves: Buffer): void => {
    const said = read(note);
    if (said !== null) told.push({ place, said, leaves });
    else complaints.push(unsigned(place, told.at(-1)));
  };
  for await (const note of source.notes()) take('the log', note, noLeaves);
  const places: AnchoredPlace[] = [];
  for (const anchor of source.anchors) {
    const { name } = anchor;
    let count = 0;
    for await (const line of anchor.read()) {
      count += 1;
      if ('note' in line) take(name, line.note, line.leaves);
      else
        complaints.push({
          seq: (told.at(-1)?.said.size ?? 0) + 1,
          why: `line ${line.damagedLine} of ${name} is damaged`,
        });
    }
    const newest = told.findLast(({ place }) => place === name)?.said;
    const last = newest === undefined ? null : { size: newest.size, at: newest.at.toISOString() };
    places.push({ name, lines: count, last });
  }
  return weigh(told, places, complaints);
}

const noLeaves = Buffer.alloc(0);

/** The same note lies in several places: its signature is checked once. */
function createNoteReader(verifier: NoteVerifier): (note: string) => Statement | null {
  const known = new Map<string, Statement | null>();
  return (note) => {
    const before = known.get(note);
    if (before !== undefined) return before;
    const said = readStatement(verifier, note);
    known.set(note, said);
    return said;
  };
}

function unsigned(place: string, before: Told | undefined): Complaint {
  return {
    seq: (before?.said.size ?? 0) + 1,
    why: `a note in ${place} is damaged, forged, or signed by another key`,
  };
}

function weigh(
  told: readonly Told[],
  places: Expectations['places'],
  unreadable: readonly Complaint[],
): Expectations {
  const gaps = distinct(told.flatMap(({ said }) => (said.kind === 'gap' ? [said] : [])));
  const valid = told.filter(({ said }) => !isSuperseded(said, gaps));
  const prunes = valid.flatMap(({ said }) => (said.kind === 'prune' ? [said] : []));
  const start = prunes.reduce<Prune | null>(
    (latest, one) => (latest === null || one.size > latest.size ? one : latest),
    null,
  );
  const begin = start?.size ?? 0;
  const roots = new Map<number, Buffer>();
  const complaints = [...unreadable];
  for (const { said, place } of valid) {
    const other = roots.get(said.size);
    if (other === undefined) roots.set(said.size, said.root);
    else if (!other.equals(said.root)) {
      complaints.push({
        seq: Math.max(1, said.size),
        why: `${place} has another history of the first ${said.size} entries`,
      });
    }
  }
  const kept = valid.filter(({ said }) => said.kind === 'checkpoint');
  return {
    start,
    checkpoints: new Set(kept.map(({ said }) => said.size)).size,
    signedUntil: valid.reduce((most, { said }) => Math.max(most, neededBy(said)), begin),
    gaps,
    places,
    complaints: complaints.toSorted((one, other) => one.seq - other.seq),
    rootAt: (size) => roots.get(size),
    flawOf: leafCheck(kept, start),
  };
}

/** A declared gap stands in the entry after it. */
function neededBy(said: Statement): number {
  return said.kind === 'checkpoint' ? said.size : said.size + 1;
}

/** Anchored leaves count from the first that is whole and fits to its signature on. */
function leafCheck(checkpoints: readonly Told[], start: Prune | null): Expectations['flawOf'] {
  const lines = checkpoints
    .filter(({ leaves }) => leaves.length > 0 && leaves.length % 32 === 0)
    .toSorted((one, other) => one.said.size - other.said.size);
  const leaves = new Map<number, Buffer>();
  const tree = { grown: growTree(start?.frontier ?? emptyTree) };
  for (const { said, leaves: bytes } of lines) {
    const from = said.size - bytes.length / 32;
    if (from > tree.grown.size() || said.size <= tree.grown.size()) continue;
    const next = growTree(tree.grown.frontier());
    for (let at = next.size(); at < said.size; at += 1)
      next.add(bytes.subarray((at - from) * 32, (at - from + 1) * 32));
    if (!next.root().equals(said.root)) continue;
    leaves.set(said.size, bytes);
    tree.grown = next;
  }
  return createLeafLookup(leaves);
}

/** Asked in order of `seq`, so that one look at the next line is enough. */
function createLeafLookup(leaves: ReadonlyMap<number, Buffer>): Expectations['flawOf'] {
  const sizes = [...leaves.keys()];
  let line = 0;
  return (seq, leaf) => {
    while (line < sizes.length && (sizes[line] as number) < seq) line += 1;
    const size = sizes[line];
    const bytes = size === undefined ? undefined : leaves.get(size);
    if (size === undefined || bytes === undefined) return null;
    const at = seq - 1 - (size - bytes.length / 32);
    if (at < 0) return null;
    const isSame = leaf.equals(bytes.subarray(at * 32, (at + 1) * 32));
    return isSame ? null : 'it is not the entry that was signed and anchored here';
  };
}

function distinct(gaps: readonly Gap[]): readonly Gap[] {
  return [
    ...new Map(gaps.map((gap) => [`${gap.size} ${gap.until} ${gap.at.getTime()}`, gap])).values(),
  ];
}
