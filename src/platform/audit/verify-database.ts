import { type Kysely, sql } from 'kysely';
import { collectGarbage } from '../../lib/collect-garbage.ts';
import { letStand } from '../database/standstill.ts';
import type { AnchorPlace, AnchorRead } from './anchors.ts';
import type { LineColumns, LogSource, StoredLine } from './log-source.ts';
import type { NoteVerifier } from './signed-note.ts';
import type { AuditTables } from './tables.ts';
import { type LeafReader, type Verification, verifyLog } from './verify-log.ts';

const pageSize = 1000;
/** Rows that were checked are garbage; of so many pages it is given back at once, else it grows with the log. */
const pagesPerCollection = 16;

/**
 * Checks the log of a database in one snapshot against the anchors. They are read first: what is anchored was committed
 * before, so a log that is written meanwhile never looks cut off.
 */
export async function verifyDatabase(
  db: Kysely<AuditTables>,
  verifier: NoteVerifier,
  anchors: readonly AnchorPlace[],
  reader?: LeafReader,
): Promise<Verification> {
  const kept = await Promise.all(anchors.map(readWhole));
  return await inSnapshot(
    db,
    async (open) => await verifyLog(databaseSource(open, kept), verifier, reader),
  );
}

/** One unchanging view of the tables for as long as the body reads. */
export async function inSnapshot<T>(
  db: Kysely<AuditTables>,
  body: (open: Kysely<AuditTables>) => Promise<T>,
): Promise<T> {
  return await db
    .transaction()
    .setIsolationLevel('repeatable read')
    .setAccessMode('read only')
    .execute(async (open) => {
      // It holds no lock that another one waits for.
      await letStand(open);
      return await body(open);
    });
}

type Anchors = LogSource['anchors'];

/** All lines of a place, as they are now. */
export async function readWhole(place: AnchorPlace): Promise<Anchors[number]> {
  const lines: AnchorRead[] = [];
  for await (const line of place.read()) lines.push(line);
  return {
    name: place.path,
    read: async function* () {
      yield* lines;
    },
  };
}

/** The log as the database and the places outside have it. */
function databaseSource(open: Kysely<AuditTables>, anchors: Anchors): LogSource {
  return {
    lines: () => linesOf(open),
    notes: async function* () {
      const rows = await open
        .selectFrom('audit_checkpoints')
        .select('note')
        .orderBy('id')
        .execute();
      for (const { note } of rows) yield note;
    },
    anchors,
  };
}

interface Row extends LineColumns {
  readonly seq: number;
  readonly body: string;
  readonly hash: string;
}

/** The next page is under way while the one before is checked. */
async function* linesOf(open: Kysely<AuditTables>): AsyncIterable<readonly StoredLine[]> {
  let page = await pageAfter(open, 0);
  for (let pages = 1; page.length > 0; pages += 1) {
    if (pages % pagesPerCollection === 0) collectGarbage();
    const next = page.length < pageSize ? undefined : pageAfter(open, page.at(-1)?.seq ?? 0);
    // A reader that stops early leaves it to nobody.
    next?.catch(() => undefined);
    yield page.map(lineOf);
    page = (await next) ?? [];
  }
}

async function pageAfter(open: Kysely<AuditTables>, seq: number): Promise<readonly Row[]> {
  const { rows } = await sql<Row>`
    select seq, body, hash, (extract(epoch from at) * 1000)::bigint as "atMs", event, outcome,
           actor_name as actor, target, correlation_id as "correlationId", begun
    from audit_entries where seq > ${seq} order by seq limit ${pageSize}`.execute(open);
  return rows;
}

/** The columns stay in the row: a log is too long to take each of its rows apart. */
function lineOf(row: Row): StoredLine {
  const { seq, body, hash } = row;
  return { seq, body, hash, columns: row };
}
