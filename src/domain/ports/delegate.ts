import type { HostPullRequest } from './code-host.ts';

/**
 * Somebody else's agent that we only ask by a comment and whose pull request we watch for. It works with its own
 * credentials on its own machines: our sandbox, egress list, budget and judgement of the diff do not hold for it.
 */
export interface Delegate {
  readonly name: string;
  /** What the report of such a task must say. */
  readonly warning: string;
  /** Text of the comment that asks for the work. */
  request(work: DelegatedWork): string;
  /** Whether the pull request is the answer to our request. */
  isAnswer(candidate: HostPullRequest, work: DelegatedWork): boolean;
}

export interface DelegatedWork {
  /** The issue under which the comment is written. */
  readonly issue: { readonly repository: string; readonly number: number };
  /** `owner/name` of the repository to change. */
  readonly target: string;
  readonly title: string;
  readonly askedAt: Date;
  /** Our own logins, whose pull requests are never its answer. */
  readonly ownLogins: readonly string[];
}
