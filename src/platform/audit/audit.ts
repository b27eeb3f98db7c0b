import type { Kysely } from 'kysely';
import { AppError } from '../../lib/app-error.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Database } from '../database/database.ts';
import type { AuditEntry, AuditOutcome, ChainedEntry } from './audit-entry.ts';
import { auditUnavailable, createBatchWriter } from './batch-writer.ts';
import { type AuditTables, appendToChain, enqueue, entryOf, type NewEntry } from './chain.ts';
import { type AuditQuery, listEntries } from './list-entries.ts';
import { type Verification, verifyChain } from './verify-chain.ts';

export { auditMigrations } from './migrations.ts';

/** Append-only, hash-chained log of who did what. No entry, no action: whatever throws `audit_unavailable` here must not happen. */
export interface Audit {
  /** Says that something begins; resolves with the id for `finish` once it is on disk. */
  begin(entry: Omit<AuditEntry, 'outcome'>): Promise<string>;
  /** Says how it ended; who and what are those of the beginning. */
  finish(
    id: string,
    outcome: Exclude<AuditOutcome, 'begun'>,
    facts: AuditEntry['facts'],
  ): Promise<void>;
  /**
   * One entry. With the handle of an open transaction of the store it is committed with it, and chained by the next
   * append or read of any process; without one it resolves once it is on disk.
   */
  record(transaction: object | null, entry: AuditEntry): Promise<void>;
  /** Newest first. */
  list(query: AuditQuery): Promise<readonly ChainedEntry[]>;
  verify(): Promise<Verification>;
}

export interface AuditDeps {
  readonly database: Pick<Database, 'kysely'>;
  readonly clock: Pick<Clock, 'now'>;
}

export function createAudit({ database, clock }: AuditDeps): Audit {
  const db = database.kysely<AuditTables>();
  const writer = createBatchWriter<NewEntry, ChainedEntry>(
    async (entries) => await appendToChain(db, entries),
  );
  const write = async (entry: AuditEntry, begun: number | null): Promise<ChainedEntry> =>
    await writer.write({ at: clock.now(), entry, begun });
  return {
    begin: async (entry) => String((await write({ ...entry, outcome: 'begun' }, null)).seq),
    finish: async (id, outcome, facts) => {
      const { seq, event, actor, target, correlationId } = await entryAt(db, Number(id));
      await write({ event, actor, target, correlationId, outcome, facts }, seq);
    },
    record: async (transaction, entry) => {
      if (transaction === null) await write(entry, null);
      else await leaveIn(transaction, { at: clock.now(), entry });
    },
    list: async (query) => {
      await drainQueue(db);
      return await listEntries(db, query);
    },
    verify: async () => {
      await drainQueue(db);
      return await verifyChain(db);
    },
  };
}

// Reading needs no lock and no write unless something waits.
async function drainQueue(db: Kysely<AuditTables>): Promise<void> {
  const waiting = await db.selectFrom('audit_queue').select('id').limit(1).executeTakeFirst();
  if (waiting !== undefined) await appendToChain(db, []);
}

async function leaveIn(transaction: object, entry: Pick<NewEntry, 'at' | 'entry'>): Promise<void> {
  try {
    await enqueue(transaction as Kysely<AuditTables>, entry);
  } catch (cause) {
    throw auditUnavailable(cause);
  }
}

async function entryAt(db: Kysely<AuditTables>, seq: number): Promise<ChainedEntry> {
  const row = await readBegun(db, seq);
  if (row !== undefined) return entryOf(row);
  throw new AppError({
    kind: 'internal',
    code: 'audit_never_begun',
    message: `The audit has no entry ${seq} that could be finished.`,
    details: { seq },
  });
}

async function readBegun(db: Kysely<AuditTables>, seq: number) {
  try {
    return await db
      .selectFrom('audit_entries')
      .selectAll()
      .where('seq', '=', seq)
      .where('outcome', '=', 'begun')
      .executeTakeFirst();
  } catch (cause) {
    throw auditUnavailable(cause);
  }
}
