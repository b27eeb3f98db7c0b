import type { Kysely } from 'kysely';
import { sql } from 'kysely';

/** Fills an empty database with tasks of 200 repositories, in all states, with bodies of some 600 characters. */
export async function seedTasks(db: Kysely<unknown>, size: number): Promise<void> {
  await sql`
    insert into tasks (id, state, origin, finding_id, target, target_key, proposal, rank, agent, base_branch,
      content_hash, issue_number, published_title, published_body, attempt, created_at, updated_at, version)
    select
      substr(encode(sha256(n::text::bytea), 'hex'), 1, 24),
      (array['proposed','proposed','proposed','approved','running','in_review','needs_attention','done','done','done',
        'done','done','no_change','failed','rejected','rejected','expired','resolved','resolved','canceled'])[1 + (h % 20)],
      jsonb_build_object('kind', 'finding', 'rule', 'todo', 'findingId', 'f' || n, 'fingerprint', 'p' || n),
      'f' || n,
      jsonb_build_object('host', 'github', 'name', 'acme/repository-' || (h / 20 % 200)),
      'github:acme/repository-' || (h / 20 % 200),
      jsonb_build_object(
        'title', 'TODO in src/module-' || (n % 500) || '/file-' || n || '.ts: ' || words || case when n % 20000 = 7 then ' zymurgy' else '' end,
        'body', repeat('The function reads its input and does not look at the end of it. ' || words || ' ', 6),
        'rank', rank, 'kind', case when n % 400 = 0 then 'stale-issue' else 'todo' end,
        'rankReasons', jsonb_build_array(jsonb_build_object('factor', 'tag', 'points', 15, 'because', 'marked as work left over')),
        'evidence', 'Seen at src/module.ts'),
      rank, case when n % 10 = 0 then 'codex' else 'claude-code' end, 'main', md5(n::text), n, 'title', 'body', 0,
      timestamptz '2026-01-01' + n * interval '1 minute', timestamptz '2026-01-01' + (n * 7919 % 200000) * interval '1 minute', 1
    from (
      select n, ('x' || substr(md5(n::text), 1, 7))::bit(28)::int as h, (('x' || substr(md5('rank' || n), 1, 7))::bit(28)::int % 12) * 5 as rank,
        (array['retry','close','parse','validate','handle','remove','split','cache','lock','drain','log','retry'])[1 + n % 12] || ' the ' ||
        (array['parser','timeout','socket','buffer','request','cursor','pool','reader','writer','queue','index','header','token'])[1 + n / 7 % 13] || ' when ' ||
        (array['empty','late','closed','huge','nested','missing','doubled','slow','old'])[1 + n / 91 % 9] as words
      from generate_series(1, ${size}::int) as n
    ) as seeds`.execute(db);
}
