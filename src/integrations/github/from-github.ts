import type { z } from 'zod';
import type { HostIssue, HostPullRequest, IssueEvent } from '../../domain/ports/code-host.ts';
import type * as schemas from './schemas.ts';

/** What GitHub itself calls the author of what a deleted account did. */
export const ghost = 'ghost';

type Someone = z.infer<typeof schemas.Issue>['user'];

export function loginOf(account: Someone): string {
  return account?.login ?? ghost;
}

export function isBot(account: Someone): boolean {
  return account?.type === 'Bot' || account?.login.endsWith('[bot]') === true;
}

export function isPullRequest(issue: z.infer<typeof schemas.Issue>): boolean {
  return issue.pull_request !== undefined && issue.pull_request !== null;
}

export function labelNames(issue: z.infer<typeof schemas.Issue>): readonly string[] {
  return issue.labels
    .map((label) => (typeof label === 'string' ? label : (label.name ?? '')))
    .filter((name) => name !== '');
}

export function toIssue(issue: z.infer<typeof schemas.Issue>): HostIssue {
  return {
    number: issue.number,
    title: issue.title,
    body: issue.body ?? '',
    state: issue.state,
    stateReason: issue.state_reason ?? null,
    author: loginOf(issue.user),
    authorIsBot: isBot(issue.user),
    labels: labelNames(issue),
    url: issue.html_url,
    createdAt: issue.created_at,
    updatedAt: issue.updated_at,
    locked: issue.locked,
  };
}

const eventTypes = ['labeled', 'unlabeled', 'renamed', 'closed', 'reopened'] as const;

export function toEvent(event: z.infer<typeof schemas.IssueEvent>): readonly IssueEvent[] {
  if (event.id === undefined || event.created_at === undefined) return [];
  return [
    {
      id: String(event.id),
      type: eventTypes.find((type) => type === event.event) ?? 'other',
      actor: loginOf(event.actor),
      actorIsBot: isBot(event.actor),
      label: event.label?.name ?? null,
      at: event.created_at,
    },
  ];
}

export function toPullRequest(pull: z.infer<typeof schemas.PullRequest>): HostPullRequest {
  const merged = pull.merged_at !== undefined && pull.merged_at !== null;
  return {
    number: pull.number,
    title: pull.title,
    body: pull.body ?? '',
    author: loginOf(pull.user),
    state: merged ? 'merged' : pull.state,
    draft: pull.draft,
    headBranch: pull.head.ref,
    headSha: pull.head.sha,
    baseBranch: pull.base.ref,
    mergeCommit: merged ? (pull.merge_commit_sha ?? null) : null,
    url: pull.html_url,
    updatedAt: pull.updated_at,
    ...(typeof pull.mergeable === 'boolean' ? { conflicts: !pull.mergeable } : {}),
  };
}
