import { z } from 'zod';
import type { RepositoryRef } from '../../domain/repository.ts';
import { AppError } from '../../lib/app-error.ts';
import type { HttpAnswer } from './exchange.ts';
import { githubError, json } from './github-error.ts';
import { graphqlUrl } from './issue-edits.ts';

/** Review threads, which only GraphQL knows (docs.github.com, GraphQL, object PullRequestReviewThread). */
export interface ReviewThreads {
  /** Node ids of the threads that are not resolved, by the number of their first comment; null where there is no GraphQL. */
  open(ref: RepositoryRef, number: number): Promise<ReadonlyMap<number, string> | null>;
  /** Resolves the thread; nothing happens when it is resolved, gone, or there is no GraphQL. */
  resolve(
    ref: RepositoryRef,
    thread: { readonly number: number; readonly thread: number },
  ): Promise<void>;
}

export interface ReviewThreadsDeps {
  readonly apiUrl: string;
  readonly query: (url: string, body: string, repository: string) => Promise<HttpAnswer>;
}

const list = `query ($owner: String!, $name: String!, $number: Int!) {
  repository(owner: $owner, name: $name) {
    pullRequest(number: $number) {
      reviewThreads(first: 100) {
        nodes { id isResolved comments(first: 1) { nodes { databaseId } } }
      }
    }
  }
}`;

const resolve = `mutation ($thread: ID!) {
  resolveReviewThread(input: { threadId: $thread }) { thread { id isResolved } }
}`;

const Answer = z.object({
  data: z.unknown(),
  errors: z.array(z.object({ type: z.string().optional(), message: z.string() })).default([]),
});

const Threads = z.object({
  repository: z.object({
    pullRequest: z.object({
      reviewThreads: z.object({
        nodes: z.array(
          z.object({
            id: z.string(),
            isResolved: z.boolean(),
            comments: z.object({ nodes: z.array(z.object({ databaseId: z.int().nullable() })) }),
          }),
        ),
      }),
    }),
  }),
});

export function createReviewThreads({ apiUrl, query }: ReviewThreadsDeps): ReviewThreads {
  const url = graphqlUrl(apiUrl);
  const ask = async (ref: RepositoryRef, text: string, variables: object): Promise<unknown> => {
    const body = JSON.stringify({ query: text, variables });
    const answer = await query(url, body, ref.name);
    if ([401, 403, 429].includes(answer.status)) {
      throw githubError({ method: 'POST', url, headers: {}, isRead: true }, answer);
    }
    const read = Answer.safeParse(json(answer.text));
    // A server without GraphQL answers anything else than this.
    if (answer.status !== 200 || !read.success) return null;
    const [error] = read.data.errors;
    if (error !== undefined) throw refused(error);
    return read.data.data;
  };
  const open: ReviewThreads['open'] = async (ref, number) => {
    const [owner = '', name = ''] = ref.name.split('/');
    const read = Threads.safeParse(await ask(ref, list, { owner, name, number }));
    if (!read.success) return null;
    const { nodes } = read.data.repository.pullRequest.reviewThreads;
    return new Map(
      nodes.flatMap(({ id, isResolved, comments }) => {
        const first = comments.nodes[0]?.databaseId ?? null;
        return isResolved || first === null ? [] : [[first, id] as const];
      }),
    );
  };
  return {
    open,
    resolve: async (ref, { number, thread }) => {
      const id = (await open(ref, number))?.get(thread);
      if (id !== undefined) await ask(ref, resolve, { thread: id });
    },
  };
}

function refused(error: {
  readonly type?: string | undefined;
  readonly message: string;
}): AppError {
  const isLimit = error.type === 'RATE_LIMITED' || /rate limit/iu.test(error.message);
  const isRefusal = error.type === 'FORBIDDEN' || error.type === 'NOT_FOUND';
  return new AppError({
    kind: isLimit ? 'rate_limited' : isRefusal ? 'forbidden' : 'unavailable',
    code: isLimit ? 'github_rate_limited' : isRefusal ? 'github_forbidden' : 'github_server_error',
    message: `GitHub did not answer about review threads: ${error.message.slice(0, 300)}`,
    next: isRefusal
      ? 'Give the token write on pull requests.'
      : 'Wait; it is asked again by itself.',
    details: { upstreamStatus: 200 },
  });
}
