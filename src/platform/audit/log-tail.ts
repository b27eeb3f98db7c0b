import type { Kysely } from 'kysely';
import type { AnchorPlace } from './anchors.ts';
import { chainStart, hashOf } from './audit-entry.ts';
import { emptyTree, type Frontier, growTree, leafHash, rootOf } from './merkle.ts';
import type { NoteVerifier } from './signed-note.ts';
import { type Gap, readStatement, type Statement } from './statement.ts';
import type { AuditTables } from './tables.ts';

export interface LogHead {
  readonly seq: number;
  readonly hash: string;
  /** When the last entry was written; null of an empty log. */
  readonly at: Date | null;
}

/** The end of the log with all that the next checkpoint needs. */
export interface LogTail {
  readonly head: LogHead;
  /** Over the entries before `lines`. */
  readonly frontier: Frontier;
  /** Entries that a checkpoint covers, and when that was made. */
  readonly signed: {
    readonly size: number;
    readonly at: Date | null;
    readonly note: string | null;
  };
  /** Leaf hashes of the entries after it, as far as the frontier goes. */
  readonly leaves: readonly Buffer[];
  /** The newest entries, behind the frontier: their leaves are made when something is signed. */
  readonly lines: readonly string[];
  /** Why nothing more is signed; null while all is well. */
  readonly fault: TailFault | null;
}

export interface TailFault {
  readonly code: 'audit_tampered' | 'audit_behind_anchor' | 'audit_key_unknown';
  readonly message: string;
}

/** How many entries there are. */
export function sizeOf({ frontier, lines }: Pick<LogTail, 'frontier' | 'lines'>): number {
  return frontier.size + lines.length;
}

/** The same with all entries in the frontier and in the leaves. */
export function folded(tail: LogTail): LogTail {
  const tree = growTree(tail.frontier);
  const more = tail.lines.map(leafHash);
  for (const leaf of more) tree.add(leaf);
  return { ...tail, frontier: tree.frontier(), leaves: [...tail.leaves, ...more], lines: [] };
}

/** The last entry; of an empty or wholly pruned log what stands before the first. */
export async function readHead(db: Kysely<AuditTables>): Promise<LogHead> {
  const row = await db
    .selectFrom('audit_entries')
    .select(['seq', 'hash', 'at'])
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row ?? { ...chainStart, at: null };
}

/**
 * Reads the end of the log from its last checkpoint on, and checks it: nothing is signed that does not follow from what
 * was signed before, or while an anchor knows of more than the database.
 */
export async function loadTail(
  db: Kysely<AuditTables>,
  verifier: NoteVerifier,
  anchors: readonly AnchorPlace[],
): Promise<LogTail> {
  const head = await readHead(db);
  const last = await db
    .selectFrom('audit_checkpoints')
    .select(['note', 'frontier'])
    .where('kind', '=', 'checkpoint')
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  const { signed, from, fault } = startOf(verifier, last);
  const grown = await readOn(db, from, head);
  const isBehind = await anchorAhead(db, verifier, anchors, head.seq);
  return { head, signed, ...grown, lines: [], fault: fault ?? grown.fault ?? isBehind };
}

function startOf(
  verifier: NoteVerifier,
  last: { readonly note: string; readonly frontier: string } | undefined,
): Pick<LogTail, 'signed' | 'fault'> & { readonly from: Frontier } {
  if (last === undefined)
    return { from: emptyTree, signed: { size: 0, at: null, note: null }, fault: null };
  const statement = readStatement(verifier, last.note);
  if (statement === null) {
    return {
      from: emptyTree,
      signed: { size: 0, at: null, note: null },
      fault: {
        code: 'audit_key_unknown',
        message: 'the last checkpoint was not signed by the key in the data folder',
      },
    };
  }
  const { size, at, root } = statement;
  const nodes = nodesFrom(last.frontier);
  const isWhole = rootOf(nodes).equals(root);
  return {
    from: { size, nodes },
    signed: { size, at, note: last.note },
    fault: isWhole ? null : tampered('the last checkpoint does not fit to its signature'),
  };
}

/** Adds the entries after the checkpoint, each checked. */
async function readOn(
  db: Kysely<AuditTables>,
  from: Frontier,
  head: LogHead,
): Promise<Pick<LogTail, 'frontier' | 'leaves' | 'fault'>> {
  const tree = growTree(from);
  const leaves: Buffer[] = [];
  let previous: string | null = from.size === 0 ? chainStart.hash : null;
  let fault: TailFault | null = null;
  if (head.seq < from.size) fault = tampered(`entry ${head.seq + 1} was signed and is missing`);
  for (let next = Math.max(1, from.size); fault === null && next <= head.seq; ) {
    const rows = await db
      .selectFrom('audit_entries')
      .select(['seq', 'body', 'hash'])
      .where('seq', '>=', next)
      .orderBy('seq')
      .limit(2000)
      .execute();
    for (const { seq, body, hash } of rows) {
      fault ??= flawOf({ seq, body, hash }, next, previous);
      next += 1;
      previous = hash;
      if (seq <= from.size) continue;
      const leaf = leafHash(body);
      leaves.push(leaf);
      tree.add(leaf);
    }
    if (rows.length === 0) break;
  }
  return { frontier: tree.frontier(), leaves, fault };
}

function flawOf(
  row: { readonly seq: number; readonly body: string; readonly hash: string },
  expected: number,
  previous: string | null,
): TailFault | null {
  if (row.seq !== expected) return tampered(`entry ${expected} is missing`);
  if (hashOf(row.body) !== row.hash) return tampered(`entry ${expected} was changed`);
  const follows = previous === null || row.body.includes(`"previousHash":"${previous}"`);
  return follows ? null : tampered(`entry ${expected} does not follow from the one before`);
}

async function anchorAhead(
  db: Kysely<AuditTables>,
  verifier: NoteVerifier,
  anchors: readonly AnchorPlace[],
  seq: number,
): Promise<TailFault | null> {
  const gaps = await readGaps(db, verifier);
  for (const place of anchors) {
    for (const line of await place.tail()) {
      const said = 'note' in line ? readStatement(verifier, line.note) : null;
      if (said === null || said.size <= seq || isSuperseded(said, gaps)) continue;
      return {
        code: 'audit_behind_anchor',
        message: `${place.path} knows ${said.size} entries, the database has ${seq}`,
      };
    }
  }
  return null;
}

/** Gaps that a restore has declared, as the database keeps them. */
export async function readGaps(
  db: Kysely<AuditTables>,
  verifier: NoteVerifier,
): Promise<readonly Gap[]> {
  const rows = await db
    .selectFrom('audit_checkpoints')
    .select('note')
    .where('kind', '=', 'gap')
    .execute();
  return rows.flatMap(({ note }) => {
    const said = readStatement(verifier, note);
    return said?.kind === 'gap' ? [said] : [];
  });
}

/** Whether it tells of entries that a declared gap gave up. */
export function isSuperseded(said: Statement, gaps: readonly Gap[]): boolean {
  return gaps.some(
    ({ size, until, at }) =>
      said.size > size && said.size <= until && said.at <= at && said.kind !== 'gap',
  );
}

export function nodesFrom(frontier: string): readonly Buffer[] {
  return frontier === '' ? [] : frontier.split(' ').map((node) => Buffer.from(node, 'hex'));
}

export function frontierText(nodes: readonly Buffer[]): string {
  return nodes.map((node) => node.toString('hex')).join(' ');
}

function tampered(message: string): TailFault {
  return { code: 'audit_tampered', message };
}
