import { sql } from 'kysely';
import type { Database } from '../database/database.ts';
import type { EffectTables } from './intent-rows.ts';

/** How many writes outside wait in each state, and since when the oldest (seconds; null when none does). */
export async function countOpenEffects(database: Pick<Database, 'kysely'>): Promise<
  readonly {
    readonly status: string;
    readonly count: number;
    readonly oldestSeconds: number | null;
  }[]
> {
  const { rows } = await sql<{ status: string; count: number; oldestSeconds: number | null }>`
    select states.status, count(id)::int as count,
      extract(epoch from clock_timestamp() - min(created_at))::float8 as "oldestSeconds"
    from unnest(array['pending', 'sending', 'unknown']) as states (status)
    left join effect_intents using (status) group by states.status`.execute(
    database.kysely<EffectTables>(),
  );
  return rows;
}

/** Writes outside that are being sent: by a living sender, and by one whose lease ended. */
export async function countLeases(
  database: Pick<Database, 'kysely'>,
): Promise<{ readonly held: number; readonly lost: number }> {
  const { rows } = await sql<{ held: number; lost: number }>`
    select count(*) filter (where lease_until >= clock_timestamp())::int as held,
      count(*) filter (where lease_until < clock_timestamp())::int as lost
    from effect_intents where status in ('sending', 'unknown')`.execute(
    database.kysely<EffectTables>(),
  );
  return rows[0] ?? { held: 0, lost: 0 };
}
