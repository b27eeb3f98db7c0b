import type { TestDatabase } from './test-database.ts';

/** Rows of everything that the pages Security, Settings and Performance show; texts of strangers are `payloads`. */
export async function addMuchData(
  { pool }: Pick<TestDatabase, 'pool'>,
  payloads: readonly string[],
): Promise<void> {
  const texts = [...payloads];
  const count = texts.length;
  await pool.query(
    `insert into identity_users (id, name, name_key, grants, created_at, created_by, signed_in_at, disabled_at)
     select 'made-' || n, 'person-' || n, 'person-' || n,
       jsonb_build_array(jsonb_build_object('role', (array['viewer','operator','approver','auditor'])[1 + n % 4],
         'repositories', case n % 3 when 0 then null else jsonb_build_array('acme/*', ($1::text[])[1 + n % $2]) end)),
       now() - n * interval '3 days', 'ann', now() - n * interval '5 hours',
       case n % 11 when 0 then now() end
     from generate_series(1, 40) n`,
    [texts, count],
  );
  await pool.query(
    `insert into identity_sessions (id, secret_hash, user_id, awaits_factor, created_at, seen_at, proven_at, ends_at, client, method)
     select 'session-' || n, 'nothing-' || n, 'made-' || n, false, now() - n * interval '1 hour',
       now() - n * interval '2 minutes', now() - n * interval '1 hour', now() + interval '1 day',
       case n % 2 when 0 then '192.0.2.' || n else ($1::text[])[1 + n % $2] end,
       (array['password', 'passkey', 'totp'])[1 + n % 3]
     from generate_series(1, 40) n`,
    [texts, count],
  );
  await pool.query(
    `insert into identity_tokens (id, secret_hash, user_id, name, scopes, created_at, created_by, expires_at, used_at, revoked_at)
     select 'token-' || n, 'nothing-' || n, 'made-' || (1 + n % 40), ($1::text[])[1 + n % $2],
       case n % 2 when 0 then '["tasks:read"]'::jsonb else '["tasks:read","repo:read","health:read","metrics:read"]'::jsonb end,
       now() - interval '20 days', 'ann', now() + (n - 6) * interval '1 day',
       case n % 3 when 0 then now() - n * interval '1 hour' end, case n % 7 when 0 then now() end
     from generate_series(1, 60) n`,
    [texts, count],
  );
  await pool.query(
    `insert into client_blocks (id, subject, reason, evidence, since, until)
     select lpad(to_hex(n), 12, '0'), case n % 3 when 0 then 'user:' || ($1::text[])[1 + n % $2] else 'address:192.0.2.' || n end,
       (array['rate_limit', 'probing'])[1 + n % 2],
       jsonb_build_object('kinds', jsonb_build_array('xss', 'sql'), 'seen', ($1::text[])[1 + (n * 7) % $2]),
       now() - n * interval '1 minute', now() + interval '25 minutes'
     from generate_series(1, 25) n`,
    [texts, count],
  );
  await pool.query(
    `insert into inbox_deliveries (id, event, lane, body, state, attempts, received_at, next_at, ended_at, error)
     select 'delivery-' || n, (array['issues', 'push', 'pull_request'])[1 + n % 3], 'made', '\\x7b7d',
       (array['done', 'failed'])[1 + (n % 5) / 4], 1 + n % 4, now() - n * interval '3 minutes', now(), now(),
       case when n % 5 = 4 then ($1::text[])[1 + n % $2] end
     from generate_series(1, 120) n`,
    [texts, count],
  );
  await pool.query(
    `insert into outbox_messages (id, receiver, type, body, state, attempts, created_at, next_at, ended_at, status, problem)
     select lpad(to_hex(n), 24, '0'), 'chat', 'task.proposed', '{}',
       (array['delivered', 'failed'])[1 + (n % 4) / 3], 1 + n % 6, now() - n * interval '4 minutes', now(), now(),
       case when n % 4 = 3 then 500 else 200 end, case when n % 4 = 3 then ($1::text[])[1 + n % $2] end
     from generate_series(1, 80) n`,
    [texts, count],
  );
  await addFigures(pool);
}

/** A day of minutes: two busy operations and a rare one, requests to GitHub, and gauges that rise and fall. */
async function addFigures(pool: TestDatabase['pool']): Promise<void> {
  await pool.query(
    `insert into performance_minutes (minute, process, area, name, calls, refused, failed, total_ms, max_ms, bins)
     select date_trunc('minute', now()) - n * interval '1 minute', 'made', area, name, calls,
       case when n % 50 < 3 then 2 else 0 end, case when n % 200 < 5 then 1 else 0 end,
       calls * 12, 90 + n % 40, jsonb_build_object((150 + n % 12)::text, calls - 2, (200 + n % 25)::text, 2)
     from generate_series(1, 1440) n, (values ('operation', 'tasks.list', 30), ('operation', 'runs.list', 12),
       ('upstream', 'github read issues', 20), ('upstream', 'github write comments', 4)) as one (area, name, base),
       lateral (select (base + base * 0.6 * sin(n / 90.0))::int + 3 as calls) as counted`,
  );
  await pool.query(
    `insert into performance_gauges (minute, process, values)
     select date_trunc('minute', now()) - n * interval '1 minute', 'made', jsonb_build_object(
       'claude_manager_process_cpu_seconds', 20000 - n * 2.2,
       'claude_manager_process_resident_bytes', 180e6 + 2e7 * sin(n / 60.0),
       'claude_manager_process_heap_bytes', 90e6 + 1e7 * cos(n / 50.0),
       'claude_manager_process_handles', 30 + n % 4,
       'claude_manager_machine_load', 1.1 + sin(n / 70.0),
       'claude_manager_machine_processors', 2,
       'claude_manager_machine_memory_bytes', 8e9,
       'claude_manager_machine_memory_free_bytes', 3e9 + 1e9 * sin(n / 200.0),
       'claude_manager_database_connections', 6,
       'claude_manager_database_waiting', case when n % 300 < 6 then 2 else 0 end,
       'claude_manager_tasks{state="proposed"}', 40 + n % 30,
       'claude_manager_tasks{state="running"}', 1 + n % 2,
       'claude_manager_tasks{state="in_review"}', 6,
       'claude_manager_runs_live', 1 + n % 2,
       'claude_manager_runs_limit', 2,
       'claude_manager_spent_today_usd', 30 - n * 0.02,
       'claude_manager_budget_today_usd', 50,
       'claude_manager_effects{status="pending"}', n % 5,
       'claude_manager_effect_oldest_seconds{status="pending"}', n % 90,
       'claude_manager_github_points_left{credential="GITHUB_TOKEN"}', 700 + 150 * sin(n / 40.0),
       'claude_manager_github_content_left{credential="GITHUB_TOKEN"}', 480 - n % 60,
       'claude_manager_github_paused_seconds{credential="GITHUB_TOKEN"}', 0)
     from generate_series(1, 1440) n`,
  );
}
