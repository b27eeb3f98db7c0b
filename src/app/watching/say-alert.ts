import { sql } from 'kysely';
import type { Log } from '../../lib/log.ts';
import type { Database } from '../../platform/database/database.ts';
import { type WorkNotice, workChannel } from '../../storage/dispatch-notices.ts';

/** Has whoever tells people look now. What is not heard is seen at its next look, `alerts.everySeconds` later at most. */
export function sayAlert(database: Pick<Database, 'kysely'>, log: Log): void {
  sql`select pg_notify(${workChannel}, ${'alert' satisfies WorkNotice})`
    .execute(database.kysely<unknown>())
    .catch((error: unknown) => {
      log.warn({ error }, 'whoever tells people was not woken; it looks by itself in a moment');
    });
}
