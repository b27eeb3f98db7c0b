import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import { storedJson, storedText } from '../../lib/stored-text.ts';
import type { Database } from '../database/database.ts';

/** A client that is turned away for a time. */
export interface Block {
  readonly id: string;
  /** Who: `user:ada`, `token:ada/ci`, `address:192.0.2.7`. */
  readonly subject: string;
  readonly reason: 'rate_limit' | 'probing';
  /** What was seen, without the input itself. */
  readonly evidence: Readonly<Record<string, unknown>>;
  readonly since: Date;
  readonly until: Date;
}

export interface BlockTables {
  client_blocks: {
    id: string;
    subject: string;
    reason: string;
    evidence: unknown;
    since: Date;
    until: Date;
    lifted_at: Date | null;
    lifted_by: string | null;
  };
}

export interface Blocks {
  /** The block that stands for one of the subjects. From memory; a database that cannot be asked changes nothing. */
  standing(subjects: readonly string[]): Promise<Block | null> | Block | null;
  /** Blocks at once in this process; kept over restarts once the promise resolves. */
  add(block: Omit<Block, 'id'>): Promise<Block>;
  /** Those that stand, newest first. */
  list(): Promise<readonly Block[]>;
  /** Lifts by id or by subject; answers what was lifted. */
  lift(idOrSubject: string, by: string): Promise<readonly Block[]>;
  /** Removes the records of blocks that no longer stand; answers how many. */
  removeExpired(): Promise<number>;
  counts(since: Date): Promise<{ readonly standing: number; readonly begun: number }>;
}

export interface BlockDeps {
  readonly database: Pick<Database, 'kysely'>;
  readonly clock: Pick<Clock, 'now' | 'monotonicMs'>;
  readonly newId: () => string;
  readonly log: Pick<Log, 'warn'>;
}

/** Another process may block or lift; this one sees it after so long at most, and asks only when somebody calls. */
const freshForMs = 1000;

/** Blocks in PostgreSQL with a copy in memory, so that turning a blocked client away costs no query. */
export function createBlocks({ database, clock, newId, log }: BlockDeps): Blocks {
  const db = database.kysely<BlockTables>();
  let known = new Map<string, Block>();
  // Our own ones, until a reading that began after they were kept has seen them; without a database they stand here.
  const own = new Map<string, { readonly block: Block; keptAt: number | null }>();
  let asked: number | null = null;
  let asking: Promise<void> | null = null;
  const read = async (): Promise<readonly Block[]> => {
    const rows = await db
      .selectFrom('client_blocks')
      .selectAll()
      .where('lifted_at', 'is', null)
      .where('until', '>', clock.now())
      .orderBy('since', 'desc')
      .execute();
    return rows.map(blockOf);
  };
  const refresh = async (): Promise<void> => {
    const started = clock.monotonicMs();
    try {
      const blocks = await read();
      known = new Map(blocks.toReversed().map((block) => [block.subject, block]));
      for (const [subject, { keptAt }] of own)
        if (keptAt !== null && keptAt < started) own.delete(subject);
    } catch (error) {
      log.warn({ error, category: 'security' }, 'Blocks could not be read; those known stand.');
    } finally {
      asked = clock.monotonicMs();
      asking = null;
    }
  };
  const find = (subjects: readonly string[]): Block | null => {
    if (known.size === 0 && own.size === 0) return null;
    const now = clock.now().getTime();
    for (const subject of subjects) {
      const block = own.get(subject)?.block ?? known.get(subject);
      if (block !== undefined && block.until.getTime() > now) return block;
    }
    return null;
  };
  return {
    standing: (subjects) => {
      if (asked !== null && clock.monotonicMs() - asked < freshForMs) return find(subjects);
      asking ??= refresh();
      return asking.then(() => find(subjects));
    },
    add: async (block) => {
      const added: Block = { ...block, id: newId() };
      const entry = { block: added, keptAt: null as number | null };
      own.set(added.subject, entry);
      await db
        .insertInto('client_blocks')
        .values({
          id: added.id,
          subject: storedText(added.subject),
          reason: added.reason,
          evidence: storedJson(added.evidence),
          since: added.since,
          until: added.until,
          lifted_at: null,
          lifted_by: null,
        })
        .execute();
      entry.keptAt = clock.monotonicMs();
      return added;
    },
    list: read,
    lift: async (idOrSubject, by) => {
      const rows = await db
        .updateTable('client_blocks')
        .set({ lifted_at: clock.now(), lifted_by: storedText(by) })
        .where('lifted_at', 'is', null)
        .where('until', '>', clock.now())
        .where((is) => is.or([is('id', '=', idOrSubject), is('subject', '=', idOrSubject)]))
        .returningAll()
        .execute();
      for (const { subject } of rows) {
        known.delete(subject);
        own.delete(subject);
      }
      return rows.map(blockOf);
    },
    removeExpired: async () => {
      const { numDeletedRows } = await db
        .deleteFrom('client_blocks')
        .where((is) => is.or([is('lifted_at', 'is not', null), is('until', '<=', clock.now())]))
        .executeTakeFirst();
      return Number(numDeletedRows);
    },
    counts: async (since) => {
      const [standing, begun] = await Promise.all([
        read(),
        db
          .selectFrom('client_blocks')
          .select((is) => is.fn.countAll<number>().as('count'))
          .where('since', '>=', since)
          .executeTakeFirstOrThrow(),
      ]);
      return { standing: standing.length, begun: begun.count };
    },
  };
}

function blockOf(row: BlockTables['client_blocks']): Block {
  return {
    id: row.id,
    subject: row.subject,
    reason: row.reason === 'probing' ? 'probing' : 'rate_limit',
    evidence: row.evidence as Block['evidence'],
    since: row.since,
    until: row.until,
  };
}
