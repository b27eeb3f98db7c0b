import { afterEach, beforeEach, expect, test } from 'vitest';
import { createGithubEmulator, type GithubEmulator } from './emulator.ts';
import { createRequester, type Requester } from './requester.ts';

let emulator: GithubEmulator;
let bot: Requester;
let head: string;

const pulls = '/repos/acme/widgets/pulls';
const branch = 'claude-manager/t1-abcd';

beforeEach(async () => {
  emulator = await createGithubEmulator({ basePath: '' });
  const roles = { ann: 'maintain', bot: 'write' } as const;
  await emulator.addRepository({ fullName: 'acme/widgets', files: { 'a.txt': 'one\n' }, roles });
  head = await emulator
    .as('bot')
    .push('acme/widgets', branch, { 'a.txt': 'two\n', 'b.txt': 'b\n' });
  bot = createRequester(emulator.apiUrl, 'token-bot');
});

afterEach(async () => {
  const differences = emulator.contractViolations;
  await emulator.close();
  expect(differences).toEqual([]);
});

const open = () =>
  bot.post(pulls, { title: 'Do it', head: branch, base: 'main', body: 'Text', draft: true });

test('a draft is opened, listed by its head branch, and shows what it changes', async () => {
  expect(await open()).toMatchObject({
    status: 201,
    body: { number: 1, draft: true, mergeable: true, changed_files: 2, head: { sha: head } },
  });
  const listed = await bot.get(`${pulls}?head=acme:${branch}&state=all`);
  expect(listed.body).toMatchObject([{ number: 1, head: { ref: branch, sha: head } }]);
  expect((await bot.get(`${pulls}?head=acme:other`)).body).toEqual([]);
  const files = await bot.get(`${pulls}/1/files`);
  expect(files.body).toMatchObject([
    { filename: 'a.txt', status: 'modified', additions: 1, deletions: 1 },
    { filename: 'b.txt', status: 'added' },
  ]);
  expect((await bot.get(`${pulls}/1/commits`)).body).toMatchObject([{ sha: head }]);
  const issues = await bot.get('/repos/acme/widgets/issues');
  expect(issues.body).toMatchObject([{ number: 1, pull_request: { merged_at: null } }]);
});

test('a second one for the same branch, or one without commits, is refused', async () => {
  await open();
  expect(await open()).toMatchObject({
    status: 422,
    body: { errors: [{ message: `A pull request already exists for acme:${branch}.` }] },
  });
  const empty = await bot.post(pulls, { title: 'x', head: 'main', base: 'main' });
  expect(empty).toMatchObject({ status: 422 });
  const missing = await bot.post(pulls, { title: 'x', head: 'nowhere', base: 'main' });
  expect(missing).toMatchObject({
    status: 422,
    body: { errors: [{ field: 'head', code: 'invalid' }] },
  });
});

test('the head follows pushes, and a deleted branch closes it', async () => {
  await open();
  const next = await emulator.as('ann').push('acme/widgets', branch, { 'a.txt': 'three\n' });
  expect((await bot.get(`${pulls}/1`)).body).toMatchObject({ head: { sha: next } });
  await emulator.as('ann').deleteBranch('acme/widgets', branch);
  expect((await bot.get(`${pulls}/1`)).body).toMatchObject({ state: 'closed', merged: false });
});

test('reviews and their comments are read', async () => {
  await open();
  emulator.as('ann').review('acme/widgets', 1, 'CHANGES_REQUESTED', 'Not yet');
  emulator.as('ann').reviewComment('acme/widgets', 1, { path: 'a.txt', line: 1 }, 'Why?');
  const reviews = await bot.get(`${pulls}/1/reviews`);
  expect(reviews.body).toMatchObject([{ state: 'CHANGES_REQUESTED', user: { login: 'ann' } }]);
  expect((await bot.get(`${pulls}/1/comments`)).body).toMatchObject([{ body: 'Why?', line: 1 }]);
  const review = await bot.post(`${pulls}/1/reviews`, { event: 'COMMENT', body: 'Hm' });
  expect(review.body).toMatchObject({ state: 'COMMENTED' });
});

test('checks and statuses of the head are read', async () => {
  emulator.addCheckRun('acme/widgets', { sha: head, name: 'test', conclusion: 'failure' });
  emulator.addStatus('acme/widgets', { sha: head, context: 'ci', state: 'success' });
  const runs = await bot.get(`/repos/acme/widgets/commits/${head}/check-runs`);
  expect(runs.body).toMatchObject({ total_count: 1, check_runs: [{ conclusion: 'failure' }] });
  const status = await bot.get(`/repos/acme/widgets/commits/${head}/status`);
  expect(status.body).toMatchObject({ state: 'success', statuses: [{ context: 'ci' }] });
  const history = await bot.get(`/repos/acme/widgets/commits/${head}/statuses`);
  expect(history.body).toMatchObject([{ context: 'ci', creator: { login: 'acme' } }]);
  const commits = await bot.get(`/repos/acme/widgets/commits?sha=${branch}&per_page=1`);
  expect(commits.body).toMatchObject([{ sha: head }]);
});

test('a merge needs a ready pull request, then moves the base', async () => {
  await open();
  expect(await bot.put(`${pulls}/1/merge`, {})).toMatchObject({ status: 405 });
  emulator.as('ann').ready('acme/widgets', 1);
  expect(await bot.put(`${pulls}/1/merge`, { sha: head })).toMatchObject({ status: 200 });
  expect((await bot.get(`${pulls}/1`)).body).toMatchObject({
    merged: true,
    state: 'closed',
    merged_by: { login: 'bot' },
  });
  const ref = await bot.get('/repos/acme/widgets/git/ref/heads/main');
  const merge = (await bot.get(`${pulls}/1`)).body as { merge_commit_sha: string };
  expect(ref.body).toMatchObject({ object: { sha: merge.merge_commit_sha } });
  const ours = await bot.get(`/repos/acme/widgets/compare/main...${branch}`);
  expect(ours.body).toMatchObject({ status: 'behind', ahead_by: 0 });
});

test('a conflict is told and cannot be merged', async () => {
  await open();
  emulator.as('ann').ready('acme/widgets', 1);
  await emulator.as('ann').push('acme/widgets', 'main', { 'a.txt': 'other\n' });
  const read = await bot.get(`${pulls}/1`);
  expect(read.body).toMatchObject({ mergeable: false, mergeable_state: 'dirty' });
  expect(await bot.put(`${pulls}/1/merge`, {})).toMatchObject({ status: 405 });
  await expect(emulator.as('ann').merge('acme/widgets', 1)).rejects.toThrow('conflicts');
});

test('the address without a base path and the one of Enterprise Server are the same place', async () => {
  const other = createRequester(`${emulator.serverUrl}/api/v3`, 'token-bot');
  expect((await other.get('/repos/acme/widgets')).body).toEqual(
    (await bot.get('/repos/acme/widgets')).body,
  );
});

test('a commit is read, also as its bare name', async () => {
  const read = await bot.get(`/repos/acme/widgets/commits/${branch}`);
  expect(read.body).toMatchObject({ sha: head, parents: [{}] });
  const short = await fetch(`${emulator.apiUrl}/repos/acme/widgets/commits/${branch}`, {
    headers: { accept: 'application/vnd.github.sha' },
  });
  expect(await short.text()).toBe(head);
});
