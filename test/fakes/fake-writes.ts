import type { EffectResult } from '../../src/domain/effect.ts';
import { type HostPayload, readWrite } from '../../src/domain/host-payload.ts';
import type { HostPullRequest, HostWrite } from '../../src/domain/ports/code-host.ts';
import { AppError } from '../../src/lib/app-error.ts';
import {
  addComment,
  editIssue,
  type FakeRepository,
  issueOf,
  labelsOf,
  openIssue,
  openPullRequest,
  setIssueState,
  setLabels,
} from './fake-repository.ts';

/** Moves a real ref; what the hosts get from integrations/git. */
export type FakePush = (request: {
  readonly gitDir: string;
  readonly remoteUrl: string;
  readonly branch: string;
  readonly sha: string;
  readonly expected: string | null;
}) => Promise<void>;

interface By {
  readonly self: string;
  readonly at: Date;
  readonly push: FakePush | null;
}

/** Does one write in memory. */
export async function makeFakeWrite(
  repository: FakeRepository,
  write: HostWrite,
  by: By,
): Promise<EffectResult> {
  const read = readWrite(write);
  if (read.kind === 'push_branch') return pushBranch(repository, read.payload, by);
  if (read.kind === 'open_pull_request')
    return openOrAdopt(repository, read.payload, write.marker, by);
  if (read.kind === 'create_issue') {
    const body = `${read.payload.body}\n\n${write.marker}`;
    const issue = openIssue(repository, { ...read.payload, body, author: by.self }, by.at);
    return answer(issue.number, issue.url, null);
  }
  if (read.kind === 'rerun_checks') {
    repository.reruns.add(read.payload.run);
    return answer(null, null, null);
  }
  const { number } = read.payload;
  if (read.kind === 'resolve_thread') {
    repository.resolvedThreads.add(read.payload.thread);
    return answer(number, null, null);
  }
  if (read.kind === 'update_issue') updateIssue(repository, read.payload, write.marker, by);
  else if (read.kind === 'comment' || read.kind === 'reply_to_remark')
    addComment(repository, number, by.self, `${read.payload.body}\n\n${write.marker}`, by.at);
  else if (read.kind === 'add_label')
    setLabels(repository, number, by.self, read.payload.labels, [], by.at);
  else if (read.kind === 'remove_label')
    setLabels(repository, number, by.self, [], [read.payload.label], by.at);
  else {
    const { state, reason } = read.payload;
    setIssueState(repository, number, by.self, state, reason ?? null, by.at);
  }
  return answer(number, repository.issues.get(number)?.url ?? null, null);
}

/** Finds what the write made: by marker of our own login, or by natural key. */
export function findFakeWrite(
  repository: FakeRepository,
  write: HostWrite,
  self: string,
): EffectResult | null {
  const read = readWrite(write);
  const ours = (item: { author: string; body: string }): boolean =>
    item.author === self && item.body.includes(write.marker);
  if (read.kind === 'create_issue') {
    const issue = [...repository.issues.values()].find(ours);
    return issue === undefined ? null : adopted(issue.number, issue.url, null);
  }
  if (read.kind === 'rerun_checks')
    return repository.reruns.has(read.payload.run) ? adopted(null, null, null) : null;
  if (read.kind === 'resolve_thread') {
    const { number, thread } = read.payload;
    return repository.resolvedThreads.has(thread) ? adopted(number, null, null) : null;
  }
  if (read.kind === 'comment' || read.kind === 'reply_to_remark') {
    const comment = repository.comments.find(
      (made) => made.number === read.payload.number && ours(made),
    );
    return comment === undefined ? null : adopted(comment.number, null, null);
  }
  if (read.kind === 'open_pull_request') {
    const pull = pullByHead(repository, read.payload.head, false);
    return pull === undefined ? null : adopted(pull.number, pull.url, pull.headSha);
  }
  if (read.kind === 'push_branch') {
    const { branch, sha } = read.payload;
    return repository.branches.get(branch) === sha ? adopted(null, null, sha) : null;
  }
  return isSo(repository, write) ? adopted(read.payload.number, null, null) : null;
}

// A new body keeps the marker of the creation, by which the issue is found again.
function updateIssue(
  repository: FakeRepository,
  { number, title, body }: HostPayload<'update_issue'>,
  marker: string,
  by: By,
): void {
  const kept = /<!-- cms:[^>]* -->/u.exec(issueOf(repository, number).body)?.[0] ?? marker;
  const change = {
    ...(title === undefined ? {} : { title }),
    ...(body === undefined ? {} : { body: `${body}\n\n${kept}` }),
  };
  editIssue(repository, number, by.self, change, by.at);
}

async function pushBranch(
  repository: FakeRepository,
  payload: HostPayload<'push_branch'>,
  by: By,
): Promise<EffectResult> {
  const { branch, sha, expected } = payload;
  const current = repository.branches.get(branch) ?? null;
  if (current === sha) return adopted(null, null, sha);
  if (current !== expected)
    throw new AppError({
      kind: 'conflict',
      code: 'branch_moved',
      message: `The branch ${branch} is at ${current ?? 'nothing'}, not at ${expected ?? 'nothing'}.`,
    });
  await by.push?.({ ...payload, remoteUrl: repository.remoteUrl });
  repository.branches.set(branch, sha);
  for (const pull of repository.pullRequests.values())
    if (pull.headBranch === branch && pull.state === 'open')
      repository.pullRequests.set(pull.number, { ...pull, headSha: sha, updatedAt: by.at });
  return answer(null, null, sha);
}

function openOrAdopt(
  repository: FakeRepository,
  payload: HostPayload<'open_pull_request'>,
  marker: string,
  by: By,
): EffectResult {
  const open = pullByHead(repository, payload.head, true);
  if (open !== undefined) return adopted(open.number, open.url, open.headSha);
  const body = `${payload.body}\n\n${marker}`;
  const made = openPullRequest(repository, { ...payload, body, author: by.self }, by.at);
  return answer(made.number, made.url, made.headSha);
}

function pullByHead(
  repository: FakeRepository,
  head: string,
  onlyOpen: boolean,
): HostPullRequest | undefined {
  return [...repository.pullRequests.values()].find(
    (pull) => pull.headBranch === head && (!onlyOpen || pull.state === 'open'),
  );
}

function isSo(repository: FakeRepository, write: HostWrite): boolean {
  const read = readWrite(write);
  if (read.kind === 'add_label') {
    const labels = labelsOf(repository, read.payload.number);
    return read.payload.labels.every((label) => labels.includes(label));
  }
  if (read.kind === 'remove_label')
    return !labelsOf(repository, read.payload.number).includes(read.payload.label);
  if (read.kind === 'set_issue_state')
    return repository.issues.get(read.payload.number)?.state === read.payload.state;
  if (read.kind !== 'update_issue') return false;
  const { number, title, body } = read.payload;
  const issue = repository.issues.get(number);
  const words = issue?.body.replace(/\n*<!-- cms:[^>]* -->\s*$/u, '');
  return (title === undefined || issue?.title === title) && (body === undefined || words === body);
}

function answer(number: number | null, url: string | null, sha: string | null): EffectResult {
  return { number, url, sha, adopted: false };
}

function adopted(number: number | null, url: string | null, sha: string | null): EffectResult {
  return { number, url, sha, adopted: true };
}
