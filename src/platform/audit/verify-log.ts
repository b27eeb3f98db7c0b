import { chainStart, hashOf } from './audit-entry.ts';
import { type AnchoredPlace, createExpectations, type Expectations } from './expectations.ts';
import type { LineColumns, LogSource, StoredLine } from './log-source.ts';
import { emptyTree, type Frontier, growTree, leafHash } from './merkle.ts';
import type { NoteVerifier } from './signed-note.ts';

/** What checking the whole log found. */
export interface Verification {
  readonly ok: boolean;
  /** Entries that are well, up to the first that is not. */
  readonly entries: number;
  /** `seq` of the first entry of the log; above 1 after pruning. */
  readonly first: number;
  /** `seq` of the first entry that is wrong or missing; null when all is well, or when what is wrong is no entry. */
  readonly firstBad: number | null;
  readonly why: string | null;
  /** The last entry, to be kept where nobody of this database can write. */
  readonly head: { readonly seq: number; readonly hash: string };
  /** RFC 6962 root over all entries, base64. */
  readonly root: string;
  /** Checkpoints that were checked, and the entries the last of them covers. */
  readonly checkpoints: number;
  readonly signedUntil: number;
  /** Places outside the database that were compared, with the lines read there. */
  readonly anchors: readonly AnchoredPlace[];
  /** Entries that a declared restore gave up. */
  readonly gaps: readonly { readonly after: number; readonly until: number; readonly at: string }[];
}

interface Last {
  readonly seq: number;
  readonly hash: string;
}

/** Is told what is well, in order, for proofs. */
export interface LeafReader {
  /** Before the first leaf: what came before it and was pruned. */
  start(frontier: Frontier): void;
  add(seq: number, leaf: Buffer): void;
}

/**
 * Reads every entry once: number, link, hash, columns; every signed root; and whatever is anchored elsewhere.
 * What the anchors know to the entry names the first bad entry exactly, also when all hashes after it were made anew.
 */
export async function verifyLog(
  source: LogSource,
  verifier: NoteVerifier,
  reader?: LeafReader,
): Promise<Verification> {
  const expected = await createExpectations(source, verifier);
  const { start } = expected;
  const before = start?.frontier ?? emptyTree;
  const tree = growTree(before);
  reader?.start(before);
  let last: Last = start === null ? chainStart : { seq: start.size, hash: start.hash };
  const first = last.seq + 1;
  let flaw: { readonly seq: number | null; readonly why: string } | null = null;
  let sound = last.seq;
  reading: for await (const page of source.lines()) {
    for (const line of page) {
      const seq = last.seq + 1;
      const leaf = leafHash(line.body);
      const why = expected.flawOf(seq, leaf) ?? flawOf(line, last);
      if (why !== null) {
        flaw = { seq, why };
        break reading;
      }
      tree.add(leaf);
      last = { seq, hash: line.hash ?? hashOf(line.body) };
      const root = expected.rootAt(seq);
      if (root !== undefined && !root.equals(tree.root())) {
        const from = Math.max(sound, start?.size ?? 0) + 1;
        flaw = {
          seq: from,
          why: `one of the entries ${from} to ${seq} is not the one that was signed`,
        };
        break reading;
      }
      if (root !== undefined) sound = seq;
      reader?.add(seq, leaf);
    }
  }
  flaw ??= missing(expected, last.seq) ?? strange(expected);
  const good = flaw?.seq === null || flaw === null ? last.seq : flaw.seq - 1;
  return {
    ok: flaw === null,
    entries: Math.max(0, good - first + 1),
    first,
    firstBad: flaw?.seq ?? null,
    why: flaw?.why ?? null,
    head: last,
    root: tree.root().toString('base64'),
    checkpoints: expected.checkpoints,
    signedUntil: Math.min(expected.signedUntil, sound),
    anchors: expected.places,
    gaps: expected.gaps.map(({ size, until, at }) => ({
      after: size,
      until,
      at: at.toISOString(),
    })),
  };
}

function missing({ signedUntil }: Expectations, seq: number) {
  if (signedUntil <= seq) return null;
  return {
    seq: seq + 1,
    why: `the log ends here, but ${signedUntil} entries were signed: its end was cut off, or an old copy was put in its place`,
  };
}

/** The entries are well, but what was signed about them was tampered with. */
function strange({ complaints }: Expectations) {
  const [first] = complaints;
  return first === undefined ? null : { seq: first.seq, why: first.why };
}

function flawOf(line: StoredLine, last: Last): string | null {
  if (line.seq !== last.seq + 1) return 'an entry is missing, or stands in a wrong place';
  const hash = hashOf(line.body);
  if (line.hash !== undefined && line.hash !== hash) return 'it was changed after it was written';
  let told: Readonly<Record<string, unknown>>;
  try {
    told = JSON.parse(line.body) as typeof told;
  } catch {
    return 'it is no JSON';
  }
  if (told['seq'] !== line.seq) return 'it is the entry of another place';
  if (told['previousHash'] !== last.hash) return 'it does not follow from the entry before';
  return line.columns === undefined ? null : columnFlaw(line.columns, told);
}

function columnFlaw(columns: LineColumns, told: Readonly<Record<string, unknown>>): string | null {
  const actor = told['actor'] as { readonly name?: unknown } | undefined;
  const isSame =
    columns.event === told['event'] &&
    columns.outcome === told['outcome'] &&
    columns.actor === actor?.name &&
    columns.target === told['target'] &&
    columns.correlationId === told['correlationId'] &&
    columns.begun === told['begun'] &&
    columns.atMs === Date.parse(String(told['at']));
  return isSame ? null : 'its columns were changed after it was written';
}
