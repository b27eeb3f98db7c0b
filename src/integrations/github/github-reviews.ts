import { z } from 'zod';
import type { CodeHost } from '../../domain/ports/code-host.ts';
import type { HostCheck, ReviewRemark } from '../../domain/ports/code-review.ts';
import type { RepositoryRef } from '../../domain/repository.ts';
import { AppError } from '../../lib/app-error.ts';
import { isBot, loginOf } from './from-github.ts';
import type { GithubClient } from './github-client.ts';
import { pathOf } from './github-reads.ts';
import type { ReviewThreads } from './review-threads.ts';
import * as schemas from './schemas.ts';

/** What machines and people say about a pull request on GitHub. */
export function createGithubReviews(
  client: GithubClient,
  threads: ReviewThreads,
): Pick<CodeHost, 'checks' | 'checkLog' | 'remarks'> {
  return {
    checks: async (ref, sha) => [
      ...(await checkRuns(client, ref, sha)),
      ...(await statuses(client, ref, sha)),
    ],
    checkLog: async (ref, job) => {
      const path = `${pathOf(ref)}/actions/jobs/${encodeURIComponent(job)}/logs`;
      const log = await unlessRefused(
        client.get(path, z.string(), { lane: 'follow', fresh: true }),
      );
      return log === null ? null : log.slice(-1_000_000);
    },
    remarks: async (ref, number) => {
      const path = `${pathOf(ref)}/pulls/${number}`;
      const list = async <T>(what: string, schema: z.ZodType<T>): Promise<readonly T[]> =>
        (await unlessRefused(client.list(`${path}/${what}`, schema, { lane: 'follow' }))) ?? [];
      const reviews = await list('reviews', schemas.Review);
      const comments = await list('comments', schemas.ReviewComment);
      const open = comments.length === 0 ? null : await threads.open(ref, number);
      const inThreads = comments.map(toRemark);
      return [...demands(reviews), ...inThreads]
        .filter(({ thread }) => thread === null || open === null || open.has(thread))
        .sort((one, other) => one.at.getTime() - other.at.getTime());
    },
  };
}

async function checkRuns(
  client: GithubClient,
  ref: RepositoryRef,
  sha: string,
): Promise<readonly HostCheck[]> {
  // Newest first and the last run of each check alone: more than a hundred checks are no use to a reader.
  const read = client.get(`${pathOf(ref)}/commits/${sha}/check-runs`, schemas.CheckRuns, {
    lane: 'follow',
    query: { filter: 'latest', per_page: '100' },
  });
  const { check_runs: runs } = (await unlessRefused(read)) ?? { check_runs: [] };
  return runs.map((run) => {
    const [, pipeline = null, job = null] =
      /\/actions\/runs\/(\d+)\/jobs?\/(\d+)/u.exec(run.details_url ?? '') ?? [];
    return {
      id: `run:${run.id}`,
      name: run.name,
      state: run.status === 'completed' ? stateOf(run.conclusion ?? '') : 'pending',
      summary: run.output?.summary ?? null,
      job,
      rerun: pipeline,
    };
  });
}

const good = ['success', 'neutral', 'skipped'];
const bad = ['failure', 'timed_out', 'startup_failure', 'error'];

function stateOf(word: string): HostCheck['state'] {
  if (good.includes(word)) return 'passed';
  if (bad.includes(word)) return 'failed';
  return word === 'pending' ? 'pending' : 'other';
}

async function statuses(
  client: GithubClient,
  ref: RepositoryRef,
  sha: string,
): Promise<readonly HostCheck[]> {
  const read = client.get(`${pathOf(ref)}/commits/${sha}/status`, schemas.CombinedStatus, {
    lane: 'follow',
    query: { per_page: '100' },
  });
  const combined = (await unlessRefused(read)) ?? { statuses: [] };
  return combined.statuses.map((status) => ({
    id: `status:${status.id}`,
    name: status.context,
    state: stateOf(status.state),
    summary: status.description ?? null,
    job: null,
    rerun: null,
  }));
}

/** Null when there is no such thing, or the token has no right to read it: then nobody waits for it. */
async function unlessRefused<T>(read: Promise<T>): Promise<T | null> {
  try {
    return await read;
  } catch (error) {
    if (error instanceof AppError && ['not_found', 'forbidden'].includes(error.kind)) return null;
    throw error;
  }
}

/** The last word of each author counts: a demand is lifted by an approval or when it is dismissed. */
function demands(reviews: readonly z.infer<typeof schemas.Review>[]): readonly ReviewRemark[] {
  const last = new Map<string, z.infer<typeof schemas.Review>>();
  for (const review of reviews) {
    const isWord = ['CHANGES_REQUESTED', 'APPROVED', 'DISMISSED'].includes(review.state);
    if (isWord) last.set(loginOf(review.user), review);
  }
  return [...last.values()]
    .filter(({ state }) => state === 'CHANGES_REQUESTED')
    .map((review) => ({
      id: `review:${review.id}`,
      kind: 'changes_requested',
      author: loginOf(review.user),
      authorIsBot: isBot(review.user),
      body: review.body ?? '',
      path: null,
      line: null,
      thread: null,
      at: review.submitted_at ?? new Date(0),
    }));
}

function toRemark(comment: z.infer<typeof schemas.ReviewComment>): ReviewRemark {
  return {
    id: `comment:${comment.id}`,
    kind: 'thread',
    author: loginOf(comment.user),
    authorIsBot: isBot(comment.user),
    body: comment.body ?? '',
    path: comment.path ?? null,
    line: comment.line ?? null,
    thread: comment.in_reply_to_id ?? comment.id,
    at: comment.created_at,
  };
}
