import type { Pool } from 'pg';

/**
 * Puts `count` tasks with their approvals, runs and ends into the last 60 days of the first watched repositories, as if the
 * service had worked for so long. Nothing of it is approved or running, so the service leaves it alone.
 */
export async function seedOutcomes(
  pool: Pool,
  repositories: readonly string[],
  count: number,
): Promise<void> {
  await pool.query(
    `insert into tasks (id, state, origin, finding_id, target, target_key, proposal, rank, agent, base_branch,
       content_hash, issue_number, published_title, published_body, attempt, created_at, updated_at, version)
     select substr(md5('task' || n), 1, 24),
       (array['done','done','rejected','done','failed','done','no_change','done','expired','rejected'])[1 + n % 10],
       jsonb_build_object('kind', 'finding', 'rule', kind, 'findingId', 'f' || n, 'fingerprint', 'p' || n),
       'f' || n,
       jsonb_build_object('host', 'local', 'name', place), 'local:' || place,
       jsonb_build_object('title', 'Mend what is left over, number ' || n, 'body', 'The function does not look at the end of its input.',
         'rank', n % 90, 'kind', kind, 'rankReasons', '[]'::jsonb, 'evidence', 'Seen'),
       n % 90, agent, 'main', md5(n::text), 1000 + n, 'title', 'body', 1, made, made + took, 1
     from (
       select n, ($1::text[])[1 + n % cardinality($1::text[])] as place,
         (array['todo','todo','todo','stale-issue'])[1 + n / 3 % 4] as kind,
         (array['claude-code','claude-code','codex'])[1 + n / 7 % 3] as agent,
         now() - (n * 7919 % 86400) * interval '60 seconds' as made,
         ((n * 104729 % 2000) + 30) * interval '1 minute' as took
       from generate_series(1, $2::int) n
     ) seeds where made + took < now()`,
    [repositories, count],
  );
  await pool.query(
    `insert into approvals (task_id, actor, person, channel, content_hash, decided_at, roles)
     select id, 'ann', 'ann', 'dashboard', content_hash, created_at + (updated_at - created_at) / 3, '{"manager":"admin","target":"admin"}'
     from tasks where agent <> 'demo' and state in ('done', 'failed', 'no_change')`,
  );
  await pool.query(
    `insert into runs (id, task_id, attempt, agent, started_at, ended_at, outcome, cost_usd, checks, correlation_id)
     select substr(id, 1, 24) || '-1', id, 1, agent, updated_at - interval '10 minutes', updated_at,
       case state when 'done' then 'succeeded' else state end, 0.2 + (rank / 40), '[]', 'seeded'
     from tasks where agent <> 'demo' and state in ('done', 'failed', 'no_change')`,
  );
}
