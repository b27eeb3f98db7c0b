import type { Kysely } from 'kysely';
import { type AuditOutcome, type ChainedEntry, entryFrom } from './audit-entry.ts';
import type { AuditTables } from './tables.ts';

export interface AuditQuery {
  readonly event?: string;
  readonly outcome?: AuditOutcome;
  /** Name of the actor. */
  readonly actor?: string;
  readonly target?: string;
  readonly correlationId?: string;
  /** Words that all stand somewhere in the entry, whatever their case. */
  readonly words?: readonly string[];
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
  const { event, outcome, actor, target, correlationId, words, since, until, beforeSeq, limit } =
    query;
  let rows = db.selectFrom('audit_entries').select('body');
  if (event !== undefined) rows = rows.where('event', '=', event);
  if (outcome !== undefined) rows = rows.where('outcome', '=', outcome);
  if (actor !== undefined) rows = rows.where('actor_name', '=', actor);
  if (target !== undefined) rows = rows.where('target', '=', target);
  if (correlationId !== undefined) rows = rows.where('correlation_id', '=', correlationId);
  for (const word of words ?? [])
    rows = rows.where('body', 'ilike', `%${word.replaceAll(/[\\%_]/gu, String.raw`\$&`)}%`);
  if (since !== undefined) rows = rows.where('at', '>=', since);
  if (until !== undefined) rows = rows.where('at', '<', until);
  if (beforeSeq !== undefined) rows = rows.where('seq', '<', beforeSeq);
  const page = await rows
    .orderBy('seq', 'desc')
    .limit(limit ?? 100)
    .execute();
  return page.map(({ body }) => entryFrom(body));
}

/** Entries of a period, oldest first, in pages; nothing is held but one page. */
export async function* readPeriod(
  db: Kysely<AuditTables>,
  { since, until }: { readonly since?: Date; readonly until?: Date },
): AsyncIterable<readonly { readonly body: string; readonly entry: ChainedEntry }[]> {
  for (let last = 0; ; ) {
    let rows = db.selectFrom('audit_entries').select(['seq', 'body']).where('seq', '>', last);
    if (since !== undefined) rows = rows.where('at', '>=', since);
    if (until !== undefined) rows = rows.where('at', '<', until);
    const page = await rows.orderBy('seq').limit(2000).execute();
    if (page.length === 0) return;
    last = page.at(-1)?.seq ?? last;
    yield page.map(({ body }) => ({ body, entry: entryFrom(body) }));
  }
}
