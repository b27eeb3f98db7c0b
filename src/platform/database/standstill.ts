import { type QueryExecutorProvider, sql } from 'kysely';

/**
 * A process that stands still within a transaction (one that was stopped, a machine that froze) loses it after ten seconds,
 * and with it the locks that all others wait for. What such a process asks next fails, and is asked anew by who asked.
 */
export const endStandstills = { idle_in_transaction_session_timeout: 10_000 } as const;

/** Lets this transaction stand for as long as its work takes. */
export async function letStand(open: QueryExecutorProvider): Promise<void> {
  await sql`select set_config('idle_in_transaction_session_timeout', '0', true)`.execute(open);
}
