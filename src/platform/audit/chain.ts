import { type Kysely, sql } from 'kysely';
import type { Clock } from '../../lib/clock.ts';
import type { Database } from '../database/database.ts';
import { askOne } from '../database/one-answer.ts';
import type { AnchorLine, AnchorPlace } from './anchors.ts';
import {
  type AuditEntry,
  asStored,
  bodyOf,
  type ChainedEntry,
  hashOf,
  type PlacedEntry,
} from './audit-entry.ts';
import {
  folded,
  frontierText,
  type LogHead,
  type LogTail,
  loadTail,
  readHead,
  sizeOf,
  type TailFault,
} from './log-tail.ts';
import { rootOf } from './merkle.ts';
import type { NoteSigner } from './signed-note.ts';
import { type Statement, statementText } from './statement.ts';
import type { AuditTables } from './tables.ts';

/** An entry on its way into the log. */
export interface NewEntry {
  readonly at: Date;
  readonly entry: AuditEntry;
  readonly begun: number | null;
  /** From where it is taken over, so that this happens once. */
  readonly takenFrom?: string;
  /** Of an end whose beginning is taken over as well: that one's `takenFrom`. */
  readonly begunFrom?: string;
}

export interface ChainDeps {
  readonly db: Kysely<AuditTables>;
  /** The same database, for the statement that each operation waits for twice: prepared once a connection. */
  readonly database: Pick<Database, 'pool'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly signer: NoteSigner;
  readonly anchors: readonly AnchorPlace[];
  /** Of this program, kept in each entry. */
  readonly version: string;
}

/** What one transaction on the log did. */
export interface Appended {
  /** The entries that were given, in their order. */
  readonly entries: readonly ChainedEntry[];
  /** What has to be anchored now that it is committed. */
  readonly lines: readonly AnchorLine[];
  /** Why nothing was signed though it was time to. */
  readonly fault: TailFault | null;
}

/** The writing end of the log. */
export interface Chain {
  /**
   * Appends in one transaction, after what waits in the queue. `isForced` asks for a checkpoint even if little is new;
   * `reserved` waited elsewhere and goes first, once.
   */
  append(
    entries: readonly NewEntry[],
    isForced?: boolean,
    reserved?: readonly NewEntry[],
  ): Promise<Appended>;
  /** A transaction on the log, alone in it over all processes; the tail is read and checked anew. */
  alone<T>(body: (open: Kysely<AuditTables>, tail: LogTail) => Promise<T>): Promise<T>;
  /** Inside `alone`. */
  place(open: Kysely<AuditTables>, tail: LogTail, entries: readonly NewEntry[]): Promise<Placed>;
  state(open: Kysely<AuditTables>, statement: Statement, frontier: string): Promise<string>;
  sign(open: Kysely<AuditTables>, tail: LogTail): Promise<{ tail: LogTail; line: AnchorLine }>;
}

export interface Placed {
  readonly tail: LogTail;
  readonly entries: readonly ChainedEntry[];
}

/** A chain that is busy longer than this is not writable; who stands still with it loses it after ten seconds. */
const lockTimeout = '15s';
/** Every so many entries, or so many milliseconds after the last, a checkpoint is signed. */
const entriesPerCheckpoint = 100;
const millisecondsPerCheckpoint = 50_000;
/** A clock that is set back by more than this is told of in the log. */
const toleratedMs = 2000;

export function createChain(deps: ChainDeps): Chain {
  const { db, clock, signer, anchors } = deps;
  let known: LogTail | undefined;
  const place: Chain['place'] = (open, tail, entries) => placeAll(deps, open, tail, entries);
  const state: Chain['state'] = async (open, statement, frontier) => {
    const note = signer.sign(statementText(signer.origin, statement));
    const { kind, size, at } = statement;
    await open.insertInto('audit_checkpoints').values({ kind, size, at, note, frontier }).execute();
    return note;
  };
  const sign: Chain['sign'] = async (open, placed) => {
    const tail = folded(placed);
    const { size, nodes } = tail.frontier;
    const at = clock.now();
    const root = rootOf(nodes);
    const note = await state(open, { kind: 'checkpoint', size, root, at }, frontierText(nodes));
    const line = { note, leaves: Buffer.concat([...tail.leaves]) };
    return { tail: { ...tail, signed: { size, at, note }, leaves: [] }, line };
  };
  const locked = async <T>(body: (open: Kysely<AuditTables>) => Promise<T>): Promise<T> =>
    await db.transaction().execute(async (open) => {
      await sql`select set_config('lock_timeout', ${lockTimeout}, true), pg_advisory_xact_lock(hashtextextended('claude-manager audit', 0))`.execute(
        open,
      );
      return await body(open);
    });
  const appendInOrder: Chain['append'] = async (entries, isForced = false, reserved = []) => {
    const { tail, ...appended } = await locked(async (open) => {
      const head = await readHead(open);
      const queued = await readQueue(open);
      const before =
        known !== undefined && isSame(known.head, head) && !(isForced && known.fault !== null)
          ? known
          : await loadTail(open, signer, anchors);
      const placed = await place(open, before, [
        ...regression(clock, head, entries),
        ...(await notTaken(open, reserved)),
        ...queued,
        ...entries,
      ]);
      if (queued.length > 0) await sql`select audit_forget_queued()`.execute(open);
      const given = placed.entries.slice(placed.entries.length - entries.length);
      if (!isDue(placed.tail, clock, isForced) || placed.tail.fault !== null)
        return { tail: placed.tail, entries: given, lines: [], fault: placed.tail.fault };
      const signed = await sign(open, placed.tail);
      return { tail: signed.tail, entries: given, lines: [signed.line], fault: null };
    });
    known = tail;
    return appended;
  };
  return {
    append: async (entries, isForced = false, reserved = []) => {
      try {
        if (known !== undefined && !isForced && reserved.length === 0) {
          const done = await appendAtOnce(deps, known, entries);
          if (done !== null) {
            known = done.tail;
            return { entries: done.entries, lines: [], fault: null };
          }
        }
        return await appendInOrder(entries, isForced, reserved);
      } catch (error) {
        known = undefined;
        throw error;
      }
    },
    alone: async (body) => {
      known = undefined;
      return await locked(async (open) => await body(open, await loadTail(open, signer, anchors)));
    },
    place,
    state,
    sign,
  };
}

/** Leaves an entry in the caller's transaction: both are committed, or neither. It waits for no lock. */
export async function enqueue(
  open: Kysely<AuditTables>,
  { at, entry }: Pick<NewEntry, 'at' | 'entry'>,
): Promise<void> {
  await open
    .insertInto('audit_queue')
    .values({ at, entry: JSON.stringify(asStored(entry)) })
    .execute();
}

async function readQueue(open: Kysely<AuditTables>): Promise<readonly NewEntry[]> {
  const rows = await open.selectFrom('audit_queue').selectAll().orderBy('id').execute();
  return rows.map(({ id, at, entry }) => ({ at, entry, begun: null, takenFrom: `queue:${id}` }));
}

async function notTaken(
  open: Kysely<AuditTables>,
  reserved: readonly NewEntry[],
): Promise<readonly NewEntry[]> {
  const names = reserved.flatMap(({ takenFrom }) => takenFrom ?? []);
  if (names.length === 0) return [];
  const rows = await open
    .selectFrom('audit_entries')
    .select('taken_from')
    .where('taken_from', 'in', names)
    .execute();
  const taken = new Set(rows.map(({ taken_from }) => taken_from));
  return reserved.filter(({ takenFrom = null }) => !taken.has(takenFrom));
}

/**
 * One statement behind the entry that was last known as the last. Null when it takes more: somebody else was faster, an
 * entry waits in the queue, a checkpoint is due, the clock was set back.
 */
async function appendAtOnce(
  deps: ChainDeps,
  known: LogTail,
  entries: readonly NewEntry[],
): Promise<Placed | null> {
  const { database, clock } = deps;
  if (entries.length === 0 || known.head.seq === 0 || known.fault !== null) return null;
  if (regression(clock, known.head, entries).length > 0) return null;
  const { tail, rows } = behind(deps, known, entries);
  if (isDue(tail, clock, false)) return null;
  const isAdded = await addBehind(database.pool, known.head, rows);
  return isAdded ? { tail, entries: rows } : null;
}

async function addBehind(
  pool: Database['pool'],
  { seq, hash }: LogHead,
  rows: readonly Row[],
): Promise<boolean> {
  const [one, another] = rows;
  if (one !== undefined && another === undefined) {
    const values = valuesOf(one).map(textOf);
    return (await askOne(pool, appendOne, [String(seq), hash, ...values])) === 't';
  }
  const { rows: answers } = await pool.query<{ isAdded: boolean }>({
    name: 'audit_append',
    text: `select audit_append(${places}) as "isAdded"`,
    values: [seq, hash, ...columnsOf(rows)],
  });
  return answers[0]?.isAdded === true;
}

const places = '$1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12';
const appendOne = { name: 'audit_append_one', text: `select audit_append_one(${places})` };

function textOf(value: string | number | Date | null): string | null {
  if (value === null || typeof value === 'string') return value;
  return typeof value === 'number' ? String(value) : value.toISOString();
}

async function placeAll(
  deps: ChainDeps,
  open: Kysely<AuditTables>,
  tail: LogTail,
  entries: readonly NewEntry[],
): Promise<Placed> {
  if (entries.length === 0) return { tail, entries: [] };
  const placed = behind(deps, tail, entries);
  await insertEntries(open, placed.rows);
  return { tail: placed.tail, entries: placed.rows };
}

type Row = ChainedEntry & { readonly body: string; readonly takenFrom: string | null };

/** The entries as they stand behind the tail, and the tail behind them. */
function behind(
  { version }: Pick<ChainDeps, 'version'>,
  tail: LogTail,
  entries: readonly NewEntry[],
): { readonly tail: LogTail; readonly rows: readonly Row[] } {
  const before = tail.lines.length < entriesPerCheckpoint ? tail : folded(tail);
  const lines = [...before.lines];
  let { seq, hash } = tail.head;
  const takenAt = new Map<string, number>();
  const rows = entries.map(({ at, entry, takenFrom = null, begunFrom, ...told }) => {
    seq += 1;
    if (takenFrom !== null) takenAt.set(takenFrom, seq);
    const begun = begunFrom === undefined ? told.begun : (takenAt.get(begunFrom) ?? null);
    const one: PlacedEntry = { ...asStored(entry), seq, at, begun, version, previousHash: hash };
    const body = bodyOf(one);
    hash = hashOf(body);
    lines.push(body);
    return { ...one, hash, body, takenFrom };
  });
  const head = { seq, hash, at: entries.at(-1)?.at ?? null };
  return { tail: { ...before, head, lines }, rows };
}

const columnTypes = [
  'bigint',
  'timestamptz',
  'text',
  'text',
  'text',
  'text',
  'text',
  'bigint',
  'text',
  'text',
] as const;

/** In the order of the tables and of `audit_append_one`. */
function valuesOf(row: Row): readonly (string | number | Date | null)[] {
  const { seq, at, event, outcome, actor, target, correlationId, begun, body, hash } = row;
  return [seq, at, event, outcome, actor.name, target, correlationId, begun, body, hash];
}

/** One array for each column, in the order of the tables and of `audit_append`. */
function columnsOf(rows: readonly Row[]): readonly (readonly unknown[])[] {
  const all = rows.map(valuesOf);
  return columnTypes.map((_, column) => all.map((values) => values[column]));
}

async function insertEntries(open: Kysely<AuditTables>, rows: readonly Row[]): Promise<void> {
  const columns = columnsOf(rows).map(
    (column, index) => sql`unnest(${column}::${sql.raw(columnTypes[index] ?? 'text')}[])`,
  );
  await sql`
    insert into audit_entries
      (seq, at, event, outcome, actor_name, target, correlation_id, begun, body, hash, taken_from)
    select ${sql.join(columns)}, unnest(${rows.map(({ takenFrom }) => takenFrom)}::text[])`.execute(
    open,
  );
}

function isDue(tail: LogTail, clock: Pick<Clock, 'now'>, isForced: boolean): boolean {
  const open = sizeOf(tail) - tail.signed.size;
  if (open === 0) return false;
  if (isForced || open >= entriesPerCheckpoint || tail.signed.at === null) return true;
  return Math.abs(clock.now().getTime() - tail.signed.at.getTime()) >= millisecondsPerCheckpoint;
}

/** What was queued is older than what was written meanwhile; only what comes straight from the clock tells of it. */
function regression(
  clock: Pick<Clock, 'now'>,
  head: LogHead,
  entries: readonly NewEntry[],
): readonly NewEntry[] {
  const [first] = entries;
  if (first === undefined || head.at === null || first.takenFrom !== undefined) return [];
  const backMs = head.at.getTime() - first.at.getTime();
  if (backMs <= toleratedMs) return [];
  const entry: AuditEntry = {
    event: 'clock.regression',
    outcome: 'ok',
    actor: { kind: 'system', name: 'audit' },
    target: null,
    correlationId: 'audit',
    facts: { backMs, lastAt: head.at },
  };
  return [{ at: clock.now(), entry, begun: null }];
}

function isSame(one: LogHead, other: LogHead): boolean {
  return one.seq === other.seq && one.hash === other.hash;
}
