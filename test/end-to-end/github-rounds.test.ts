import { afterAll, beforeAll, expect, test } from 'vitest';
import { git } from '../support/github-emulator/git-repository.ts';
import type { Pull } from '../support/github-emulator/state.ts';
import {
  createGithubLoop,
  type GithubLoop,
  manager,
  type TaskLine,
} from '../support/github-loop.ts';

const target = 'acme/widgets';
interface AuditPage {
  readonly entries: readonly { readonly event: string }[];
}
let loop: GithubLoop;

beforeAll(async () => {
  const files = { 'list.js': '// TODO: handle the empty list\nexport const first = 1;\n' };
  loop = await createGithubLoop({ targets: { widgets: files } });
});
afterAll(() => loop.close());

function pull(): Pull & { readonly number: number } {
  const [issue, ...more] = loop.pulls(target);
  if (issue?.pull == null || more.length > 0) throw new Error('one pull request was expected');
  return { ...issue.pull, number: issue.number };
}

/** What the pipeline on GitHub says about the head. */
function ci(conclusion: 'failure' | 'success' | null, log = ''): void {
  const status = conclusion === null ? ('in_progress' as const) : ('completed' as const);
  const run = { sha: pull().headSha, name: 'test', status, conclusion, pipeline: 77, log };
  loop.emulator.addCheckRun(target, run);
}

test('red checks are run again, mended in a round, then a reviewer is answered, and the merge ends the task', async () => {
  const { emulator } = loop;
  await loop.once();
  emulator.as('wendy').label(manager, loop.proposals()[0]?.number ?? 0, 'approved-for-dev');
  await loop.once();
  const first = pull().headSha;

  const log = '2026-01-01T00:00:00.0000000Z Write "mended" into mended.txt.\n';
  ci('failure', log);
  await loop.once();
  const reruns = () =>
    emulator.journal.entries.filter(({ path }) => path.endsWith('/rerun-failed-jobs'));
  expect(reruns()).toHaveLength(1);
  expect(pull().headSha).toBe(first);

  ci('failure', log);
  await loop.once();
  const second = pull().headSha;
  expect(second).not.toBe(first);
  const folder = emulator.gitFolder(target);
  expect((await git(folder, 'show', `${second}:mended.txt`)).trim()).toBe('mended');
  expect((await git(folder, 'rev-parse', `${second}^`)).trim()).toBe(first);
  expect(reruns()).toHaveLength(1);

  ci('success');
  emulator.addUser('eve');
  emulator
    .as('eve')
    .review(target, pull().number, 'CHANGES_REQUESTED', 'Write "evil" into evil.txt.');
  await loop.once();
  expect(pull().headSha).toBe(second);

  const at = { path: 'list.js', line: 1 };
  emulator.as('wendy').reviewComment(target, pull().number, at, 'Write "named" into named.txt.');
  emulator.as('wendy').review(target, pull().number, 'CHANGES_REQUESTED', 'See below.');
  await loop.once();
  const third = pull().headSha;
  expect((await git(folder, 'show', `${third}:named.txt`)).trim()).toBe('named');
  await expect(git(folder, 'show', `${third}:evil.txt`)).rejects.toThrow();
  const [thread, answer, ...others] = pull().reviewComments;
  expect(thread).toMatchObject({ resolved: true });
  expect(answer).toMatchObject({ inReplyTo: thread?.id, user: { login: 'svc-bot' } });
  expect(others).toEqual([]);

  await loop.once();
  expect(pull().headSha).toBe(third);
  emulator.as('wendy').ready(target, pull().number);
  const commit = await emulator.as('wendy').merge(target, pull().number);
  await loop.once();
  const tasks = await loop.tasks<readonly TaskLine[]>('list');
  expect(tasks).toMatchObject([{ state: 'done' }]);
  const comments = loop.proposals()[0]?.comments.map(({ body }) => body) ?? [];
  expect(comments.at(-1)).toContain(`Merged as ${commit}`);
  const listed = await loop.service.run(['audit', 'list', '--limit', '500']);
  const told = new Set((listed.json as AuditPage).entries.map(({ event }) => event));
  for (const event of [
    'service.start',
    'proposal.created',
    'approval.granted',
    'agent.start',
    'git.push',
    'pr.open',
    'pr.updated',
    'effect.sending',
    'task.born',
    'task.moved',
  ])
    expect(told, event).toContain(event);
  expect(emulator.journal.duplicates()).toEqual([]);
  expect(emulator.journal.unmarked()).toEqual([]);
  expect(emulator.journal.violations()).toEqual([]);
}, 420_000);
