import type { Pool } from 'pg';

/** A day of health reports, one remedy that helped and one that did not, and three alerts. */
export async function seedHealth(pool: Pool): Promise<void> {
  await pool.query(
    `insert into health_reports (at, process, overall, score, values)
     select now() - n * interval '1 minute', 'seeded',
       case when n between 300 and 330 then 'unhealthy' when n % 97 = 0 then 'degraded' else 'healthy' end, 95,
       jsonb_build_object(
         'disk', jsonb_build_array('healthy', 60000 + (n * 37 % 9000)),
         'memory', jsonb_build_array(case when n % 97 = 0 then 'degraded' else 'healthy' end, 30 + (n * 7 % 40)),
         'database', jsonb_build_array(case when n between 300 and 330 then 'unhealthy' else 'healthy' end, 4 + (n * 13 % 30)))
     from generate_series(1, 1400) n on conflict do nothing`,
  );
  await pool.query(
    `insert into health_remedies (at, remedy, check_name, before, action, after, outcome) values
       (now() - interval '3 hours', 'remove_temporary_files', 'disk', '412 MB are free.', 'Removed 14 folders.', '64 GB are free.', 'recovered'),
       (now() - interval '5 hours', 'reconnect_database', 'database', 'No answer within 8 s.', 'Closed 4 connections.', 'No answer within 8 s.', 'not_recovered')`,
  );
  await pool.query(
    `insert into alerts (id, kind, subject, severity, state, text, next, since, resolved_at) values
       ('a00000000001', 'budget', 'today', 'warning', 'firing', '$41.20 of $50.00 are spent today.', 'Wait for tomorrow, or raise executor.budget.perDayUsd.', now() - interval '20 minutes', null),
       ('a00000000002', 'exhaustion', 'disk', 'critical', 'firing', '0.4 GB are free at /var/lib/claude-manager.', 'Remove what is not needed, or give the volume more space.', now() - interval '2 hours', null),
       ('a00000000003', 'latency', 'tasks.list', 'warning', 'resolved', 'tasks.list takes 4 times as long as its baseline.', 'See Performance.', now() - interval '2 days', now() - interval '47 hours')`,
  );
}
