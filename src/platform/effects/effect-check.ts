import { sql } from 'kysely';
import type { Database } from '../database/database.ts';
import { type HealthCheck, seldomMs } from '../health/check.ts';
import { highIsBad } from '../health/level.ts';
import type { EffectTables } from './intent-rows.ts';

/** Writes outside that were given up (dead letters), and those whose sender died with the lease. */
export function effectChecks(database: Pick<Database, 'kysely'>): readonly HealthCheck[] {
  const db = database.kysely<EffectTables>();
  return [
    {
      name: 'dead_letters',
      category: 'pipeline',
      critical: false,
      everyMs: seldomMs,
      measure: async () => {
        const { rows } = await sql<{ failed: number }>`
          select count(*)::int as failed from effect_intents where status = 'failed'`.execute(db);
        const failed = rows[0]?.failed ?? 0;
        return highIsBad({
          value: failed,
          unit: 'count',
          odd: 1,
          bad: 100,
          evidence: `${failed} writes outside were given up.`,
          remedy:
            'See `claude-manager tasks list --state needs_attention failed`, then `tasks retry`.',
        });
      },
    },
    {
      name: 'leases',
      category: 'pipeline',
      critical: false,
      measure: async () => {
        const { rows } = await sql<{ late: number; oldest: number | null }>`
          select count(*)::int as late,
            extract(epoch from clock_timestamp() - min(lease_until))::int as oldest
          from effect_intents
          where status in ('sending', 'unknown') and lease_until < clock_timestamp()`.execute(db);
        const [{ late, oldest } = { late: 0, oldest: null }] = rows;
        return highIsBad({
          value: oldest ?? 0,
          unit: 's',
          odd: 180,
          bad: 3600,
          evidence:
            oldest === null
              ? 'No write outside has outlived its lease.'
              : `${late} writes outside outlived their lease, the oldest by ${oldest} s.`,
          remedy: 'Start the service; it looks whether they arrived and sends what did not.',
        });
      },
    },
  ];
}
