import type { RawBuilder } from 'kysely';
import { sql } from 'kysely';
import type { OutcomeFact, OutcomeQueries } from '../domain/ports/page-queries.ts';
import type { RepositoryRef } from '../domain/repository.ts';
import { repositoryKey } from '../domain/repository.ts';
import type { Database } from '../platform/database/database.ts';
import type { StorageTables } from './tables.ts';

/** What came of the work, from the rows of tasks, approvals and runs alone. */
export function createOutcomeQueries(database: Pick<Database, 'kysely'>): OutcomeQueries {
  const db = database.kysely<StorageTables>();
  return {
    between: async (from, until, target) => {
      const here = within(target);
      const day = (at: RawBuilder<unknown>): RawBuilder<unknown> =>
        sql`to_char(${at} at time zone 'UTC', 'YYYY-MM-DD')`;
      const during = (at: RawBuilder<unknown>): RawBuilder<unknown> =>
        sql`${at} >= ${from} and ${at} < ${until}`;
      // The first approval of a task counts, whatever came of it later; an end counts when it was reached.
      const { rows } = await sql<OutcomeFact>`
        select day, kind, agent, target, what, count(*)::int as count, coalesce(sum(cost), 0)::float8 as "costUsd" from (
          select ${day(sql`created_at`)} as day, kind, agent, target->>'name' as target, 'proposed' as what, 0 as cost
            from tasks where ${during(sql`created_at`)} and ${here}
          union all
          select ${day(sql`updated_at`)}, kind, agent, target->>'name', case state when 'done' then 'merged' else 'rejected' end, 0
            from tasks where state in ('done', 'rejected') and ${during(sql`updated_at`)} and ${here}
          union all
          select ${day(sql`first.at`)}, kind, agent, target->>'name', 'approved', 0
            from (select task_id, min(decided_at) as at from approvals group by task_id) as first
            join tasks on tasks.id = first.task_id where ${during(sql`first.at`)} and ${here}
          union all
          select ${day(sql`runs.ended_at`)}, kind, runs.agent, target->>'name', 'run', coalesce(runs.cost_usd, 0)
            from runs join tasks on tasks.id = runs.task_id where ${during(sql`runs.ended_at`)} and ${here}
        ) as facts group by 1, 2, 3, 4, 5 order by 1`.execute(db);
      return rows;
    },
    leadTimes: async (from, until, target) => {
      const { rows } = await sql<{ kind: string; agent: string; target: string; hours: number }>`
        select kind, agent, target->>'name' as target,
          (extract(epoch from updated_at - created_at) / 3600)::float8 as hours
        from tasks where state = 'done' and updated_at >= ${from} and updated_at < ${until} and ${within(target)}`.execute(
        db,
      );
      return rows;
    },
  };
}

function within(target: RepositoryRef | null): RawBuilder<unknown> {
  return target === null ? sql`true` : sql`target_key = ${repositoryKey(target)}`;
}
