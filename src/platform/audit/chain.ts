import type { ColumnType, Generated, Kysely } from 'kysely';
import { sql } from 'kysely';
import {
  type AuditEntry,
  type AuditOutcome,
  asStored,
  type ChainedEntry,
  entryHash,
} from './audit-entry.ts';

/** The tables of the audit as Kysely sees them. */
export interface AuditTables {
  audit_entries: AuditEntryRow;
  audit_head: { one: Generated<boolean>; seq: number; hash: string };
  audit_queue: { id: Generated<number>; at: Date; entry: ColumnType<unknown, string, never> };
}

export interface AuditEntryRow {
  seq: number;
  at: Date;
  event: string;
  outcome: AuditOutcome;
  actor: unknown;
  actor_name: Generated<string>;
  target: string | null;
  correlation_id: string;
  facts: unknown;
  begun: number | null;
  previous_hash: string;
  hash: string;
}

/** An entry on its way into the chain. */
export interface NewEntry {
  readonly at: Date;
  readonly entry: AuditEntry;
  readonly begun: number | null;
}

/** A chain that is busy longer than this is not writable. */
const lockTimeout = '5s';

/** Appends in one transaction, after what waits in the queue; answers the entries in the order given. */
export async function appendToChain(
  db: Kysely<AuditTables>,
  entries: readonly NewEntry[],
): Promise<readonly ChainedEntry[]> {
  return await db.transaction().execute(async (open) => {
    await sql.raw(`set local lock_timeout = '${lockTimeout}'`).execute(open);
    const head = await open
      .selectFrom('audit_head')
      .selectAll()
      .forUpdate()
      .executeTakeFirstOrThrow();
    const queued = await takeQueue(open);
    const chained = link(head, [...queued, ...entries]);
    const last = chained.at(-1);
    if (last === undefined) return [];
    await insertEntries(open, chained);
    await open.updateTable('audit_head').set({ seq: last.seq, hash: last.hash }).execute();
    return chained.slice(queued.length);
  });
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

/** An entry of the chain as it was appended. */
export function entryOf(row: Omit<AuditEntryRow, 'actor_name'>): ChainedEntry {
  return {
    seq: row.seq,
    at: row.at,
    event: row.event,
    outcome: row.outcome,
    actor: row.actor as ChainedEntry['actor'],
    target: row.target,
    correlationId: row.correlation_id,
    facts: row.facts as ChainedEntry['facts'],
    begun: row.begun,
    previousHash: row.previous_hash,
    hash: row.hash,
  };
}

async function takeQueue(open: Kysely<AuditTables>): Promise<readonly NewEntry[]> {
  const { rows } = await sql<{ id: number; at: Date; entry: AuditEntry }>`
    delete from audit_queue returning id, at, entry`.execute(open);
  return rows.toSorted((a, b) => a.id - b.id).map(({ at, entry }) => ({ at, entry, begun: null }));
}

function link(
  head: { readonly seq: number; readonly hash: string },
  entries: readonly NewEntry[],
): readonly ChainedEntry[] {
  let { seq, hash } = head;
  return entries.map(({ at, entry, begun }) => {
    const place = { ...asStored(entry), seq: seq + 1, at, begun, previousHash: hash };
    const chained = { ...place, hash: entryHash(place) };
    ({ seq, hash } = chained);
    return chained;
  });
}

async function insertEntries(
  open: Kysely<AuditTables>,
  entries: readonly ChainedEntry[],
): Promise<void> {
  const rows = JSON.stringify(
    entries.map(({ correlationId, previousHash, ...entry }) => ({
      ...entry,
      correlation_id: correlationId,
      previous_hash: previousHash,
    })),
  );
  await sql`
    insert into audit_entries
      (seq, at, event, outcome, actor, target, correlation_id, facts, begun, previous_hash, hash)
    select seq, at, event, outcome, actor, target, correlation_id, facts, begun, previous_hash, hash
    from jsonb_to_recordset(${rows}::jsonb) as batch(
      seq bigint, at timestamptz, event text, outcome text, actor jsonb, target text,
      correlation_id text, facts jsonb, begun bigint, previous_hash text, hash text)`.execute(open);
}
