import { z } from 'zod';
import type { IssueEvent } from '../../domain/ports/code-host.ts';
import type { RepositoryRef } from '../../domain/repository.ts';
import { AppError } from '../../lib/app-error.ts';
import { type Log, silentLog } from '../../lib/log.ts';
import type { HttpAnswer } from './exchange.ts';
import { ghost } from './from-github.ts';
import { githubError, json, malformed } from './github-error.ts';
import { when } from './schemas.ts';

export interface IssueEditsDeps {
  readonly apiUrl: string;
  /** Sends one GraphQL request as a read and answers whatever comes back. */
  readonly query: (url: string, body: string, repository: string) => Promise<HttpAnswer>;
  readonly log?: Log | undefined;
}

/**
 * The last edit of an issue's body, which REST does not tell (docs.github.com, GraphQL, object Issue): one `edited`
 * event or none; null where the server does not say. A server that has no GraphQL for us is asked once.
 */
export type IssueEdits = (
  ref: RepositoryRef,
  number: number,
) => Promise<readonly IssueEvent[] | null>;

export function createIssueEdits({ apiUrl, query, log = silentLog }: IssueEditsDeps): IssueEdits {
  const url = graphqlUrl(apiUrl);
  let isAbsent = false;
  return async (ref, number) => {
    if (isAbsent) return null;
    const [owner = '', name = ''] = ref.name.split('/');
    const body = JSON.stringify({ query: lastEdit, variables: { owner, name, number } });
    const read = understand(url, await query(url, body, ref.name));
    if (read !== 'absent') return read === 'unseen' ? null : read;
    if (!isAbsent)
      log.warn({ url }, 'GitHub tells no edits of issues here; a comment after the label voids it');
    isAbsent = true;
    return null;
  };
}

const lastEdit = `query ($owner: String!, $name: String!, $number: Int!) {
  repository(owner: $owner, name: $name) {
    issue(number: $number) { id lastEditedAt editor { login __typename } }
  }
}`;

/** Beside the REST API; on Enterprise Server `/api/graphql` beside `/api/v3`. */
export function graphqlUrl(apiUrl: string): string {
  const base = apiUrl.replace(/\/+$/u, '');
  return base.endsWith('/api/v3') ? `${base.slice(0, -'v3'.length)}graphql` : `${base}/graphql`;
}

const Answer = z.object({
  data: z
    .object({
      repository: z
        .object({
          issue: z
            .object({
              id: z.string(),
              lastEditedAt: when.nullable(),
              editor: z.object({ login: z.string(), __typename: z.string() }).nullable(),
            })
            .nullable(),
        })
        .nullable(),
    })
    .nullish(),
  errors: z.array(z.object({ type: z.string().optional(), message: z.string() })).default([]),
});

/** `unseen`: GraphQL is there, but not this issue. `absent`: there is no such GraphQL for us. */
function understand(url: string, answer: HttpAnswer): readonly IssueEvent[] | 'unseen' | 'absent' {
  const request = { method: 'POST', url, headers: {}, isRead: true } as const;
  if (isFailure(answer)) throw githubError(request, answer);
  if (isCutJson(answer)) throw malformed(request, answer, 'it is no JSON');
  const read = Answer.safeParse(json(answer.text));
  if (answer.status !== 200 || !read.success) return 'absent';
  const { data, errors } = read.data;
  for (const error of errors) refuse(url, error);
  const issue = data?.repository?.issue ?? null;
  if (issue !== null && errors.length === 0) return toEdits(issue);
  return errors.some(({ type }) => type === 'NOT_FOUND' || type === 'FORBIDDEN')
    ? 'unseen'
    : 'absent';
}

// A refusal of the credential must not be taken for a server without GraphQL.
function isFailure({ status, text }: HttpAnswer): boolean {
  return (
    status === 401 || status === 429 || (status === 403 && /bad credentials|suspended/iu.test(text))
  );
}

function isCutJson({ status, headers, text }: HttpAnswer): boolean {
  return (
    status === 200 && headers['content-type']?.includes('json') === true && json(text) === undefined
  );
}

/** Limits and failures of the server come with status 200, too. */
function refuse(url: string, error: { readonly type?: string | undefined; message: string }): void {
  const isLimit = error.type === 'RATE_LIMITED' || /rate limit/iu.test(error.message);
  if (!isLimit && !/something went wrong|timed? ?out/iu.test(error.message)) return;
  throw new AppError({
    kind: isLimit ? 'rate_limited' : 'unavailable',
    code: isLimit ? 'github_rate_limited' : 'github_server_error',
    message: `GitHub did not answer the query for the edits of an issue: ${error.message.slice(0, 300)}`,
    next: 'Wait; it is asked again by itself.',
    details: { url, upstreamStatus: 200 },
  });
}

function toEdits(issue: {
  readonly id: string;
  readonly lastEditedAt: Date | null;
  readonly editor: { readonly login: string; readonly __typename: string } | null;
}): readonly IssueEvent[] {
  const at = issue.lastEditedAt;
  if (at === null) return [];
  return [
    {
      id: `${issue.id}:${at.getTime()}`,
      type: 'edited',
      actor: issue.editor?.login ?? ghost,
      actorIsBot: issue.editor?.__typename === 'Bot',
      label: null,
      at,
    },
  ];
}
