import type { Kysely } from 'kysely';
import type { AuditOutcome, ChainedEntry } from './audit-entry.ts';
import { type AuditTables, entryOf } from './chain.ts';

export interface AuditQuery {
  readonly event?: string;
  readonly outcome?: AuditOutcome;
  /** Name of the actor. */
  readonly actor?: string;
  readonly target?: string;
  readonly correlationId?: string;
  readonly since?: Date;
  readonly until?: Date;
  /** Only entries before this one: the last `seq` of the page before. */
  readonly beforeSeq?: number;
  /** Default 100. */
  readonly limit?: number;
}

/** Entries that match, newest first. */
export async function listEntries(
  db: Kysely<AuditTables>,
  query: AuditQuery,
): Promise<readonly ChainedEntry[]> {
  const { event, outcome, actor, target, correlationId, since, until, beforeSeq, limit } = query;
  let rows = db.selectFrom('audit_entries').selectAll();
  if (event !== undefined) rows = rows.where('event', '=', event);
  if (outcome !== undefined) rows = rows.where('outcome', '=', outcome);
  if (actor !== undefined) rows = rows.where('actor_name', '=', actor);
  if (target !== undefined) rows = rows.where('target', '=', target);
  if (correlationId !== undefined) rows = rows.where('correlation_id', '=', correlationId);
  if (since !== undefined) rows = rows.where('at', '>=', since);
  if (until !== undefined) rows = rows.where('at', '<', until);
  if (beforeSeq !== undefined) rows = rows.where('seq', '<', beforeSeq);
  const page = await rows
    .orderBy('seq', 'desc')
    .limit(limit ?? 100)
    .execute();
  return page.map(entryOf);
}
