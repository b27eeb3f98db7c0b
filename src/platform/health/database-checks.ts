import type pg from 'pg';
import { type HealthCheck, seldomMs } from './check.ts';
import { highIsBad } from './level.ts';

/** Connections of this process, and who waits for one. */
export function poolCheck(
  pool: Pick<pg.Pool, 'totalCount' | 'idleCount' | 'waitingCount'>,
  most: number,
): HealthCheck {
  return {
    name: 'database_pool',
    category: 'database',
    critical: false,
    measure: async () => {
      const { totalCount, idleCount, waitingCount } = pool;
      return highIsBad({
        value: waitingCount,
        unit: 'count',
        odd: most,
        bad: most * 10,
        evidence: `${totalCount - idleCount} of ${most} connections are at work, ${waitingCount} wait for one.`,
        remedy: 'Raise database.poolSize.',
      });
    },
  };
}

/** What the server holds for this database, and how many of its connections are taken. */
export function databaseServerCheck(pool: Pick<pg.Pool, 'query'>): HealthCheck {
  return {
    name: 'database_server',
    category: 'database',
    critical: false,
    everyMs: seldomMs,
    measure: async () => {
      const answer = await pool.query<{ bytes: number; used: number; most: number }>(
        `select pg_database_size(current_database())::bigint as bytes,
                (select count(*) from pg_stat_activity where backend_type = 'client backend')::int as used,
                current_setting('max_connections')::int as most`,
      );
      const [{ bytes, used, most } = { bytes: 0, used: 0, most: 1 }] = answer.rows;
      const share = Math.round((used / most) * 100);
      return highIsBad({
        value: share,
        unit: '%',
        odd: 80,
        bad: 95,
        evidence: `${used} of ${most} connections of the server are taken (${share} %); the database takes ${Math.round(bytes / 2 ** 20)} MB.`,
        remedy: 'Close other programs on this server, or raise its max_connections.',
      });
    },
  };
}
