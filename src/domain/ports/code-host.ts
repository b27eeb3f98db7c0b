import type { Json } from '../../lib/json.ts';
import type { HostRole } from '../approval.ts';
import type { EffectKind, EffectResult } from '../effect.ts';
import type { HostName, RepositoryRef } from '../repository.ts';
import type { HostCheck, ReviewRemark } from './code-review.ts';

/** What a read is for, where it matters: a person waits for the start of approved work, nobody for a look for new work. */
export type ReadPurpose = 'start';

/**
 * Where issues and pull requests live. `github` and `local` implement it and pass one conformance suite
 * (code-host.suite.ts). Reads are plain calls; every write goes through `send`, called only by the effect sender.
 */
export interface CodeHost {
  readonly name: HostName;
  /** Facts of the repository; AppError `not_found` when it does not exist or may not be seen. */
  repository(ref: RepositoryRef, purpose?: ReadPurpose): Promise<HostRepository>;
  /** Head commit of a branch; `unchanged` when it still is `knownSha` (a conditional request where the host has one). */
  head(
    ref: RepositoryRef,
    branch: string,
    knownSha: string | null,
    purpose?: ReadPurpose,
  ): Promise<Head>;
  /** Names the patterns of the configuration stand for (`acme/*`). */
  expand(pattern: string): Promise<readonly RepositoryRef[]>;
  /** What git fetches from, with an environment that authenticates this one child process; never in the URL or arguments. */
  remote(ref: RepositoryRef): Promise<GitRemote>;
  /** The login by which we write. */
  self(): Promise<string>;
  /** The role of a login, read now. */
  roleOf(ref: RepositoryRef, login: string): Promise<HostRole>;
  /** Null when it is not there: deleted, or moved to another repository, where it is another issue. */
  issue(ref: RepositoryRef, number: number): Promise<HostIssue | null>;
  /** What became of an issue that `issue` does not find. */
  issuePlace(ref: RepositoryRef, number: number): Promise<IssuePlace>;
  /** Open or all issues, never pull requests; `labels` any of; `updatedBefore` filters. */
  issues(ref: RepositoryRef, query: IssueQuery): Promise<readonly HostIssue[]>;
  issueEvents(ref: RepositoryRef, number: number): Promise<IssueHistory>;
  /** Comments lately written or edited, newest first, then texts of issues and pull requests with their titles, at most a hundred each; remarks in code are in `remarks`. */
  latestTexts(ref: RepositoryRef): Promise<readonly HostText[]>;
  pullRequest(ref: RepositoryRef, number: number): Promise<HostPullRequest | null>;
  pullRequests(ref: RepositoryRef, query: PullRequestQuery): Promise<readonly HostPullRequest[]>;
  /** The last word of each check at the commit; none where the host runs no checks. */
  checks(ref: RepositoryRef, sha: string): Promise<readonly HostCheck[]>;
  /** Log of the check's job, at most 1 MB from its end; null when there is none or it may not be read. */
  checkLog(ref: RepositoryRef, job: string): Promise<string | null>;
  /** Standing demands for changes and remarks in threads, oldest first; those of resolved threads are left out where that is known. */
  remarks(ref: RepositoryRef, number: number): Promise<readonly ReviewRemark[]>;
  /** Makes one write. An answer that is lost is an AppError `unknown_outcome`; then `find` decides. */
  send(write: HostWrite): Promise<EffectResult>;
  /** Looks for what a write may have made: by marker in lists (never search) written by our own login, or by natural key. */
  find(write: HostWrite): Promise<EffectResult | null>;
}

export interface HostRepository {
  readonly ref: RepositoryRef;
  readonly defaultBranch: string;
  readonly private: boolean;
  readonly archived: boolean;
  /** Web address, used for permalinks; null on the local host. */
  readonly url: string | null;
}

export type Head = { readonly changed: false } | { readonly changed: true; readonly sha: string };

export interface GitRemote {
  readonly url: string;
  /** Added to the environment of git (for example GIT_CONFIG_COUNT with http.extraHeader). */
  readonly env: Readonly<Record<string, string>>;
  /**
   * Lets git talk to it when its turn has come: under the host's limits and while the host is well. Straight away when
   * left out. An AppError `rate_limited` of the talk holds back everything else of that credential.
   */
  readonly through?: <Result>(
    kind: 'read' | 'write',
    talk: () => Promise<Result>,
  ) => Promise<Result>;
}

/** `moved`: a person transferred it; `to` is `owner/name#number`, or null where we may not see it. */
export type IssuePlace =
  | { readonly kind: 'here' | 'gone' }
  | { readonly kind: 'moved'; readonly to: string | null };

export interface HostIssue {
  readonly number: number;
  readonly title: string;
  readonly body: string;
  readonly state: 'open' | 'closed';
  readonly stateReason: string | null;
  readonly author: string;
  readonly authorIsBot: boolean;
  readonly labels: readonly string[];
  readonly url: string | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly locked: boolean;
}

export interface IssueQuery {
  readonly state: 'open' | 'all';
  readonly labels?: readonly string[];
  readonly since?: Date;
  readonly creator?: string;
}

export interface IssueHistory {
  /** Label and edit events of one issue, oldest first; of several edits of the body at least the last. */
  readonly events: readonly IssueEvent[];
  /** Whether an edit of the body would be among the events: a server may not tell. */
  readonly editsKnown: boolean;
}

export interface IssueEvent {
  readonly id: string;
  readonly type: 'labeled' | 'unlabeled' | 'renamed' | 'closed' | 'reopened' | 'edited' | 'other';
  readonly actor: string;
  readonly actorIsBot: boolean;
  readonly label: string | null;
  readonly at: Date;
}

export interface HostText {
  readonly body: string;
  /** Login of who wrote it; null where the host does not tell. */
  readonly author: string | null;
  /** Of the issue or pull request whose own text it is; null for a comment. */
  readonly number: number | null;
  /** Web address; null on the local host. */
  readonly url: string | null;
}

export interface HostPullRequest {
  readonly number: number;
  readonly title: string;
  readonly body: string;
  readonly author: string;
  readonly state: 'open' | 'closed' | 'merged';
  readonly draft: boolean;
  readonly headBranch: string;
  readonly headSha: string;
  readonly baseBranch: string;
  readonly mergeCommit: string | null;
  readonly url: string;
  readonly updatedAt: Date;
  /** Whether it cannot be merged into its base; left out while nobody knows, and in lists. */
  readonly conflicts?: boolean;
}

export interface PullRequestQuery {
  readonly state: 'open' | 'all';
  readonly headBranch?: string;
}

/** One write with its marker text, made by platform/effects; the host puts the marker into bodies. */
export interface HostWrite {
  readonly kind: EffectKind;
  readonly repository: RepositoryRef;
  readonly payload: { readonly [key: string]: Json };
  /** `<!-- cms:1:<intent id>:<fingerprint>:<hmac> -->`; appended to bodies of issues, comments, pull requests. */
  readonly marker: string;
  /** When the intent was first written: what `find` looks back to. */
  readonly since: Date;
  /** Asked right before the request goes out, after any queue: false = the sender lost its lease, so throw `effect_lease_lost`. */
  readonly stillOurs?: () => boolean;
}

/** Reads our hidden marker out of a body; null when there is none, or it is not signed by us for this repository. */
export interface Markers {
  read(body: string, repositoryKey: string): { readonly intentId: string } | null;
}

/*
 * Payloads by kind (read by domain/host-payload.ts):
 *   create_issue       { title, body, labels: string[] }
 *   update_issue       { number, title?, body? }
 *   set_issue_state    { number, state: 'open'|'closed', reason?: 'completed'|'not_planned' }
 *   comment            { number, body }            number of an issue or pull request
 *   add_label          { number, labels: string[] }
 *   remove_label       { number, label }
 *   push_branch        { branch, sha, expected: string|null, gitDir }   expected = old value for the lease, null = must be new
 *   open_pull_request  { title, body, head, base, draft }
 *   rerun_checks       { run }                         run = `rerun` of a check; only when it was not run again yet
 *   reply_to_remark    { number, thread, body }        number of the pull request
 *   resolve_thread     { number, thread }              nothing where the host cannot
 */
