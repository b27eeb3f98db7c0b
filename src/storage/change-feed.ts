import { sql } from 'kysely';
import pg from 'pg';
import type { Change, ChangeFeed } from '../domain/ports/change-feed.ts';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import type { Database } from '../platform/database/database.ts';
import type { StorageTables } from './tables.ts';

const channel = 'claude_manager_changes';
/** Somebody else's open transaction can hold a change back after its notice came, so watchers are also called in between. */
const tickMs = 1000;

/**
 * Changes of the store, written by triggers in the transaction of each change. A cursor is `<transaction>-<number>`;
 * only changes older than every transaction under way are told, so none can appear behind a cursor.
 */
export function createChangeFeed(
  database: Pick<Database, 'kysely' | 'url'>,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): ChangeFeed {
  const db = database.kysely<StorageTables>();
  return {
    latest: async () => `${await oldestOpen()}-0`,
    since: async (cursor, limit) => {
      const place = /^(\d{1,19})-(\d{1,18})$/u.exec(cursor);
      const oldest = await oldestOpen();
      if (place === null || (await isUnknown(place[1] ?? '', oldest))) {
        return { changes: [], next: `${oldest}-0`, reset: true };
      }
      const { rows } = await sql<Row>`
        select xid::text, id, topic, subject, task_id, state, repository_key, at from changes
        where (xid, id) > (${place[1]}::xid8, ${place[2]}::bigint) and xid < ${oldest}::xid8
        order by xid, id limit ${limit}`.execute(db);
      const last = rows.at(-1);
      return {
        changes: rows.map(changeOf),
        next: last === undefined ? cursor : `${last.xid}-${last.id}`,
        reset: false,
      };
    },
    watch: (onChange) => watch(database.url, onChange, { clock, log }),
    prune: async (before) =>
      await db.transaction().execute(async (open) => {
        const { rows } = await sql<{ xid: string }>`
          delete from changes where at < ${before} returning xid::text`.execute(open);
        const newest = rows.reduce(
          (most, { xid }) => (BigInt(xid) > most ? BigInt(xid) : most),
          0n,
        );
        if (rows.length > 0) {
          await sql`insert into changes_forgotten (xid) values (${String(newest)}::xid8)
            on conflict (one) do update set xid = greatest(changes_forgotten.xid, excluded.xid)`.execute(
            open,
          );
        }
        return rows.length;
      }),
  };

  /**
   * Every transaction of this database below the answer has ended. The snapshot's own oldest would be of the whole
   * server, where a batch in somebody else's database could hold the news back for hours. What is read with the answer
   * is read by a later statement, so that whatever ended in between is seen.
   */
  async function oldestOpen(): Promise<string> {
    const { rows } = await sql<{ oldest: string }>`
      with bound as (select pg_snapshot_xmax(pg_current_snapshot())::text::bigint as next),
        open as (select ((next & 4294967295) - backend_xid::text::bigint + 4294967296) & 4294967295 as behind
          from bound, pg_stat_activity where datname = current_database() and backend_xid is not null)
      select (next - coalesce((select max(behind) from open where behind < 2147483648), 0))::text as oldest
        from bound`.execute(db);
    return rows[0]?.oldest ?? '0';
  }

  /** A cursor of another database, or one from before what was forgotten. */
  async function isUnknown(xid: string, oldest: string): Promise<boolean> {
    if (BigInt(xid) > BigInt(oldest)) return true;
    const { rows } = await sql<{
      xid: string;
    }>`select xid::text from changes_forgotten`.execute(db);
    return rows[0] !== undefined && BigInt(xid) <= BigInt(rows[0].xid);
  }
}

interface Row {
  readonly xid: string;
  readonly id: number;
  readonly topic: string;
  readonly subject: string;
  readonly task_id: string | null;
  readonly state: string | null;
  readonly repository_key: string | null;
  readonly at: Date;
}

function changeOf(row: Row): Change {
  return {
    topic: row.topic as Change['topic'],
    id: row.subject,
    taskId: row.task_id,
    state: row.state,
    repository: row.repository_key,
    at: row.at,
  };
}

/** One connection that listens; it is made anew when it is lost. */
function watch(
  url: string,
  onChange: () => void,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): () => Promise<void> {
  const stop = new AbortController();
  const pause = (): Promise<void> =>
    clock.sleep(tickMs, stop.signal).then(
      () => undefined,
      () => undefined, // stopped
    );
  const listening = (async () => {
    while (!stop.signal.aborted) {
      const client = new pg.Client({
        connectionString: url,
        application_name: 'claude-manager changes',
      });
      const lost = new AbortController();
      client.on('error', () => lost.abort()).on('end', () => lost.abort());
      client.on('notification', onChange);
      try {
        await client.connect();
        await client.query(`listen ${channel}`);
        while (!lost.signal.aborted && !stop.signal.aborted) {
          onChange();
          await pause();
        }
      } catch (error) {
        log.warn({ error }, 'Listening for changes failed; it is tried again.');
        await pause();
      } finally {
        await client.end().catch(() => undefined); // it is lost already
      }
    }
  })();
  return async () => {
    stop.abort();
    await listening;
  };
}
