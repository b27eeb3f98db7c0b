import { presentReviewComment } from '../present-pull.ts';
import { type Call, notFound, param, pullOf, type Route, textField } from '../route.ts';
import type { CheckRun } from '../state.ts';

const repo = '/repos/{owner}/{repo}';
const run = `${repo}/actions/runs/{run_id}`;

/** What follows a pull request needs beside its own routes: jobs of GitHub Actions, and answers in threads. */
export const actionRoutes: readonly Route[] = [
  { method: 'GET', path: `${repo}/actions/jobs/{job_id}/logs`, handle: jobLog },
  {
    method: 'GET',
    path: run,
    handle: (call) => {
      const id = pipelineOf(call);
      // Only what a client may rely on here; the description of a whole run is long.
      return { status: 200, body: { id, run_attempt: call.repo.pipelines.get(id) ?? 1 } };
    },
  },
  { method: 'POST', path: `${run}/rerun-failed-jobs`, needs: 'write', handle: rerunFailed },
  {
    method: 'POST',
    path: `${repo}/pulls/{pull_number}/comments/{comment_id}/replies`,
    createsContent: true,
    handle: reply,
  },
];

/** GitHub sends on to a place where the log lies for a minute; here it is text at once. */
function jobLog(call: Call) {
  const job = call.repo.checkRuns.find(({ id }) => id === Number(param(call, 'job_id')));
  if (job?.log === undefined || job.log === null) throw notFound();
  return { status: 200, body: job.log, headers: { 'content-type': 'text/plain; charset=utf-8' } };
}

function pipelineOf(call: Call): number {
  const id = Number(param(call, 'run_id'));
  if (!call.repo.pipelines.has(id)) throw notFound();
  return id;
}

/** Each failed job begins anew under another number. */
function rerunFailed(call: Call) {
  const id = pipelineOf(call);
  const { checkRuns, pipelines } = call.repo;
  pipelines.set(id, (pipelines.get(id) ?? 1) + 1);
  const failed = checkRuns.filter(
    (job) => job.pipeline === id && job.conclusion === 'failure' && isLast(checkRuns, job),
  );
  for (const job of failed) {
    const startedAt = call.state.timestamp();
    const fresh = { status: 'queued', conclusion: null, completedAt: null, startedAt } as const;
    checkRuns.push({ ...job, ...fresh, id: call.state.nextId() });
  }
  return { status: 201, body: {} };
}

function isLast(all: readonly CheckRun[], job: CheckRun): boolean {
  return all.findLast(({ name, sha }) => name === job.name && sha === job.sha) === job;
}

function reply(call: Call) {
  const { issue, pull } = pullOf(call);
  const first = pull.reviewComments.find(({ id }) => id === Number(param(call, 'comment_id')));
  if (first === undefined) throw notFound();
  const comment = {
    ...first,
    id: call.state.nextId(),
    inReplyTo: first.inReplyTo ?? first.id,
    user: call.doer.account,
    body: textField(call.body, 'body') ?? '',
    createdAt: call.state.timestamp(),
  };
  pull.reviewComments.push(comment);
  return { status: 201, body: presentReviewComment(call.state, call.repo, issue, comment) };
}
