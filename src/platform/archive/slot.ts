import type { Database } from '../database/database.ts';
import { walKeptAtMost } from '../database/embedded/server.ts';
import { formatLsn, parseLsn } from './lsn.ts';

/** The place up to which the archive has the log; the server keeps what is behind it, up to its bound. */
const slotName = 'cms_archive';

type Pool = Pick<Database, 'pool'>;

/** How the log of the server stands. */
export interface WalState {
  /** System identifier, decimal. */
  readonly system: string;
  readonly timeline: number;
  readonly segmentBytes: number;
  /** Everything that was acknowledged by `at` is before it. */
  readonly flushed: number;
  readonly at: Date;
  /** Null when there is none; `kept` is null when the server gave up what it should have kept. */
  readonly slot: { readonly kept: number | null } | null;
}

export async function readWalState({ pool }: Pool): Promise<WalState> {
  const { rows } = await pool.query<{
    system: string;
    timeline: number;
    segment: number;
    flushed: string;
    at: Date;
    slot: string | null;
    kept: string | null;
    status: string | null;
  }>(
    `select now() as at, (select system_identifier::text from pg_control_system()) as system,
            ('x' || substr(pg_walfile_name(flushed), 1, 8))::bit(32)::int as timeline,
            pg_size_bytes(current_setting('wal_segment_size'))::int as segment,
            flushed::text as flushed, slot_name as slot, restart_lsn::text as kept, wal_status as status
       from (select pg_current_wal_flush_lsn() as flushed offset 0) w
       left join pg_replication_slots on slot_name = $1`,
    [slotName],
  );
  const [row] = rows;
  if (row === undefined) throw new Error('The database server did not say where its log ends.');
  const { system, timeline, segment, flushed, at, slot, kept, status } = row;
  const isLost = kept === null || status === 'lost';
  return {
    system,
    timeline,
    segmentBytes: segment,
    flushed: parseLsn(flushed),
    at,
    slot: slot === null ? null : { kept: isLost ? null : parseLsn(kept) },
  };
}

/** Lets the server keep its log from now on, as far back as its last checkpoint; answers from where. */
export async function takeSlot(database: Pool): Promise<number> {
  await dropSlot(database);
  await requireBound(database);
  const { rows } = await database.pool.query<{ lsn: string }>(
    'select lsn::text as lsn from pg_create_physical_replication_slot($1, true)',
    [slotName],
  );
  const [row] = rows;
  if (row === undefined) throw new Error('The database server made no slot.');
  return parseLsn(row.lsn);
}

/** What is before `at` need not be kept any longer. */
export async function advanceSlot({ pool }: Pool, at: number): Promise<void> {
  await pool.query('select pg_replication_slot_advance($1, $2::pg_lsn)', [slotName, formatLsn(at)]);
}

/** Lets the server keep no more than it needs itself; nothing when there is no slot. */
export async function dropSlot({ pool }: Pool): Promise<void> {
  await pool.query(
    'select pg_drop_replication_slot(slot_name) from pg_replication_slots where slot_name = $1',
    [slotName],
  );
}

/** One that an older version started, and that runs still, knows of no bound. */
async function requireBound({ pool }: Pool): Promise<void> {
  const { rows } = await pool.query<{ bound: string }>(
    `select current_setting('max_slot_wal_keep_size') as bound`,
  );
  if (rows[0]?.bound !== '-1') return;
  await pool.query(`alter system set max_slot_wal_keep_size = '${walKeptAtMost}'`);
  await pool.query('select pg_reload_conf()');
}
