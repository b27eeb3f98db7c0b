import type { TestDatabase } from './test-database.ts';

/** Addresses of what holds the markup: one task and one run for each text, in the order of the texts. */
export interface StoredMarkup {
  readonly tasks: readonly string[];
  readonly runs: readonly string[];
}

/**
 * Puts each text into every field of a task and a run that comes from outside: title, body, evidence and rank, repository,
 * branches, path and code of the finding, the pull request, who approved and why it was taken back, notes, what the agent
 * said in each kind of event, errors, checks, the diff with its path, and the outcome.
 */
export async function addMarkupEverywhere(
  { pool }: Pick<TestDatabase, 'pool'>,
  texts: readonly string[],
): Promise<StoredMarkup> {
  const ids = texts.map((_text, index) => ({
    task: `aa${String(index).padStart(22, '0')}`,
    run: `aa${String(index).padStart(22, '0')}-1`,
  }));
  for (const [index, text] of texts.entries()) {
    const { task, run } = ids[index] ?? { task: '', run: '' };
    const line = text.replaceAll(/[\r\n]+/gu, ' ');
    const local = { host: 'local', name: `/repositories/${line}` };
    const finding = {
      rule: 'todo',
      path: `src/${line}`,
      line: 2,
      endLine: 2,
      tag: 'TODO',
      text,
      owner: line,
      issue: line,
      confidence: 0.9,
      url: null,
      context: ['before', `// TODO: ${line}`, 'after'],
      contextStart: 1,
      fingerprint: 'made',
      status: 'open',
    };
    await pool.query(
      `insert into findings (id, repository, repository_key, rule, status, path, line, fingerprint, commit, oid, first_seen, missed_scans, detail)
       values ($1, $2, $3, 'todo', 'open', $4, 2, 'made', $5, null, now(), 0, $6)`,
      [
        task,
        JSON.stringify(local),
        `local:${local.name}`,
        finding.path,
        line,
        JSON.stringify(finding),
      ],
    );
    const proposal = {
      title: line,
      body: text,
      rank: 50,
      rankReasons: [{ factor: line, points: 50, because: text }],
      kind: 'todo',
      evidence: text,
    };
    const origin = { kind: 'finding', rule: 'todo', findingId: task, fingerprint: 'made' };
    const pull = {
      repository: local,
      number: 7,
      branch: line,
      headSha: line,
      url: 'javascript:canary()',
    };
    const state = ['proposed', 'in_review', 'failed', 'needs_attention', 'done'][index % 5];
    await pool.query(
      `insert into tasks (id, state, attention, origin, finding_id, target, target_key, proposal, rank, agent, base_branch,
         content_hash, issue_number, published_title, published_body, pull_request, attempt, note, created_at, updated_at, version)
       values ($1, $2, $3, $4, $1, $5, $6, $7, 50, $8, $8, $9, null, $8, $9, $10, 1, $9, now(), now(), 1)`,
      [
        task,
        state,
        state === 'needs_attention' ? line : null,
        JSON.stringify(origin),
        JSON.stringify(local),
        `local:${local.name}`,
        JSON.stringify(proposal),
        line,
        text,
        state === 'proposed' ? null : JSON.stringify(pull),
      ],
    );
    await pool.query(
      `insert into approvals (task_id, actor, person, channel, content_hash, decided_at, roles, voided_at, void_reason)
       values ($1, $2, $2, $2, $3, now(), $4, now(), $3)`,
      [task, line, text, JSON.stringify([line])],
    );
    await pool.query(
      'insert into task_notes (task_id, key, at, code, text) values ($1, $2, now(), $2, $3)',
      [task, line, text],
    );
    await pool.query(
      `insert into runs (id, task_id, attempt, agent, base_commit, started_at, ended_at, outcome, reason, summary, checks,
         correlation_id, patch)
       values ($1, $2, 1, $3, $3, now() - interval '1 minute', now(), 'failed', $4, $4, $5, $3, $6)`,
      [
        run,
        task,
        line,
        text,
        JSON.stringify([
          { command: line, passed: false, exitCode: 1, durationMs: 12, output: text },
        ]),
        `diff --git a/${line} b/${line}\n--- a/${line}\n+++ b/${line}\n@@ -1,1 +1,1 @@ ${line}\n-${line}\n+${line}\n`,
      ],
    );
    const events = [
      { type: 'started', session: line, model: line },
      { type: 'message', text },
      { type: 'tool', name: line, detail: text },
      { type: 'tool_denied', name: line, detail: text },
      { type: 'retrying', reason: text, status: 500 },
      { type: 'output', stream: 'stderr', text },
      { type: 'egress_refused', host: line, port: 443, why: text, attempts: 2 },
      {
        type: 'ended',
        end: { kind: 'failed', exitCode: 1, message: text, failure: 'agent', resetsAt: null },
      },
    ];
    await pool.query(
      `insert into run_events (run_id, seq, at, event)
       select $1, n, now(), e from jsonb_array_elements($2::jsonb) with ordinality as t(e, n)`,
      [run, JSON.stringify(events)],
    );
  }
  return { tasks: ids.map(({ task }) => task), runs: ids.map(({ run }) => run) };
}
