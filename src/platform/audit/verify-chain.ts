import type { Kysely } from 'kysely';
import { chainStart, entryHash } from './audit-entry.ts';
import { type AuditTables, entryOf } from './chain.ts';

/** What checking the whole chain found. */
export interface Verification {
  readonly ok: boolean;
  /** Entries checked. */
  readonly entries: number;
  /** `seq` of the first entry that is wrong or missing; null when all is well. */
  readonly firstBad: number | null;
  readonly why: string | null;
  /** The last entry, to be kept where nobody of this database can write. */
  readonly head: { readonly seq: number; readonly hash: string };
}

const pageSize = 5000;

type Head = Verification['head'];

/**
 * Reads every entry and checks number, link and hash, then the head. A chain proves that nothing inside was changed;
 * that its end was not cut off together with the head is only seen by comparing with a head kept elsewhere.
 */
export async function verifyChain(db: Kysely<AuditTables>): Promise<Verification> {
  return await db
    .transaction()
    .setIsolationLevel('repeatable read')
    .setAccessMode('read only')
    .execute(async (open) => {
      let last: Head = chainStart;
      for (;;) {
        const rows = await pageAfter(open, last.seq);
        for (const row of rows) {
          const why = flawOf(row, last);
          if (why !== null) return bad(last, why);
          last = { seq: row.seq, hash: row.hash };
        }
        if (rows.length < pageSize) return await againstHead(open, last);
      }
    });
}

async function pageAfter(open: Kysely<AuditTables>, seq: number) {
  const rows = await open
    .selectFrom('audit_entries')
    .selectAll()
    .where('seq', '>', seq)
    .orderBy('seq')
    .limit(pageSize)
    .execute();
  return rows.map(entryOf);
}

function flawOf(entry: ReturnType<typeof entryOf>, last: Head): string | null {
  if (entry.seq !== last.seq + 1) return 'an entry is missing';
  if (entry.previousHash !== last.hash) return 'it does not follow from the entry before';
  return entryHash(entry) === entry.hash ? null : 'it was changed after it was written';
}

async function againstHead(open: Kysely<AuditTables>, last: Head): Promise<Verification> {
  const head = await open.selectFrom('audit_head').selectAll().executeTakeFirst();
  if (head?.seq !== last.seq || head.hash !== last.hash) {
    return bad(last, 'the end of the chain is not the one that was written last');
  }
  return { ok: true, entries: last.seq, firstBad: null, why: null, head: last };
}

function bad(last: Head, why: string): Verification {
  return { ok: false, entries: last.seq, firstBad: last.seq + 1, why, head: last };
}
