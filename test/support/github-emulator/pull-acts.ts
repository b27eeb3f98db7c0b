import {
  branches,
  commitFiles,
  git,
  isAncestor,
  mergeBranches,
  type NewCommit,
} from './git-repository.ts';
import type { Doer, IssueActs } from './issue-acts.ts';
import type { Issue, Pull, Repository, Review, ReviewState, State } from './state.ts';

export interface NewPull {
  readonly title: string;
  readonly body: string | null;
  readonly headRef: string;
  readonly headSha: string;
  readonly baseRef: string;
  readonly baseSha: string;
  readonly draft: boolean;
}

/** Every way in which branches and pull requests change. */
export interface PullActs {
  open(who: Doer, repo: Repository, pull: NewPull): Issue;
  /** Answers the merge commit; undefined when it conflicts. */
  merge(who: Doer, repo: Repository, issue: Issue, pull: Pull): Promise<string | undefined>;
  review(who: Doer, repo: Repository, issue: Issue, state: ReviewState, body: string): Review;
  commit(who: Doer, repo: Repository, commit: NewCommit): Promise<string>;
  deleteBranch(who: Doer, repo: Repository, branch: string): Promise<void>;
  /** Does work on branches alone, then notes what moved and lets pull requests follow. */
  moving<T>(who: Doer, repo: Repository, work: () => Promise<T>): Promise<T>;
}

export function createPullActs(state: State, issues: IssueActs): PullActs {
  const queues = new Map<number, Promise<unknown>>();
  const acts: PullActs = {
    open: (who, repo, { title, body, ...place }) =>
      issues.open(who, repo, { title, body, labels: [], assignees: [], pull: newPull(place) }),
    merge: (who, repo, issue, pull) =>
      acts.moving(who, repo, async () => {
        const tip = (await branches(repo.dir)).get(pull.baseRef) ?? pull.baseSha;
        const base = { ref: pull.baseRef, sha: tip };
        const message = `Merge pull request #${issue.number} from ${pull.headRef}\n\n${issue.title}`;
        const sha = await mergeBranches(repo.dir, base, pull.headSha, message);
        if (sha !== undefined) markMerged(who, repo, issue, pull, sha);
        return sha;
      }),
    review(who, repo, issue, reviewState, body) {
      const sha = issue.pull?.headSha ?? '';
      const stamp = { id: state.nextId(), submittedAt: state.timestamp() };
      const review = { ...stamp, user: who.account, state: reviewState, body, sha };
      issue.pull?.reviews.push(review);
      issue.updatedAt = stamp.submittedAt;
      issues.effect(who, repo, { kind: 'pull-reviewed', number: issue.number, state: reviewState });
      return review;
    },
    commit: (who, repo, commit) =>
      acts.moving(who, repo, async () => {
        const base = (await branches(repo.dir)).get(repo.defaultBranch);
        return commitFiles(repo.dir, commit, base);
      }),
    deleteBranch: (who, repo, branch) =>
      acts.moving(who, repo, async () => {
        await git(repo.dir, 'update-ref', '-d', `refs/heads/${branch}`);
      }),
    moving(who, repo, work) {
      const turn = async () => {
        const before = await branches(repo.dir);
        const result = await work();
        await settle(who, repo, before);
        return result;
      };
      const mine = (queues.get(repo.id) ?? Promise.resolve()).then(turn, turn);
      queues.set(repo.id, mine);
      return mine;
    },
  };
  return acts;

  async function settle(
    who: Doer,
    repo: Repository,
    before: ReadonlyMap<string, string>,
  ): Promise<void> {
    const after = await branches(repo.dir);
    for (const ref of new Set([...before.keys(), ...after.keys()])) {
      const [old = null, sha = null] = [before.get(ref), after.get(ref)];
      if (old === sha) continue;
      issues.effect(who, repo, { kind: 'ref-updated', ref, sha, before: old });
      repo.pushedAt = state.timestamp();
      await follow(who, repo, ref, sha);
    }
  }

  function markMerged(who: Doer, repo: Repository, issue: Issue, pull: Pull, sha: string): void {
    pull.merged = true;
    pull.mergedAt = state.timestamp();
    pull.mergedBy = who.account;
    pull.mergeSha = sha;
    issues.event(who, repo, issue, 'merged', { commit_id: sha });
    issues.effect(who, repo, { kind: 'pull-merged', number: issue.number, sha });
    issues.setState(who, repo, issue, 'closed', null);
  }

  /** A pull request follows its head branch, closes when that goes, merges when its base has it. */
  async function follow(
    who: Doer,
    repo: Repository,
    ref: string,
    sha: string | null,
  ): Promise<void> {
    for (const issue of repo.issues.values()) {
      const { pull } = issue;
      if (pull === null || issue.state === 'closed') continue;
      if (pull.headRef === ref && sha === null) {
        issues.event(who, repo, issue, 'head_ref_deleted');
        issues.setState(who, repo, issue, 'closed', null);
      } else if (pull.headRef === ref && sha !== null) {
        pull.headSha = sha;
        issue.updatedAt = state.timestamp();
      } else if (pull.baseRef === ref && sha !== null) {
        if (await isAncestor(repo.dir, pull.headSha, sha)) markMerged(who, repo, issue, pull, sha);
      }
    }
  }
}

const newPull = (
  place: Pick<Pull, 'headRef' | 'headSha' | 'baseRef' | 'baseSha' | 'draft'>,
): Pull => ({
  ...place,
  merged: false,
  mergedAt: null,
  mergedBy: null,
  mergeSha: null,
  reviews: [],
  reviewComments: [],
});
