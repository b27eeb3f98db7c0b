import { afterEach, beforeEach, expect, test } from 'vitest';
import { createGithubEmulator, type GithubEmulator } from './emulator.ts';
import { createRequester, type Requester } from './requester.ts';

let emulator: GithubEmulator;
let ann: Requester;
let bot: Requester;

beforeEach(async () => {
  emulator = await createGithubEmulator();
  await emulator.addRepository({
    fullName: 'acme/manager',
    files: { 'README.md': '# manager\n' },
    roles: { ann: 'write', tom: 'triage', rita: 'read' },
  });
  emulator.addUser('svc-bot', { token: 'bot-token' });
  emulator.setRole('acme/manager', 'svc-bot', 'write');
  ann = createRequester(emulator.apiUrl, 'token-ann');
  bot = createRequester(emulator.apiUrl, 'bot-token');
});

afterEach(async () => {
  const differences = emulator.contractViolations;
  await emulator.close();
  expect(differences).toEqual([]);
});

const issues = '/repos/acme/manager/issues';

test('an issue that was created is read back with its labels and events', async () => {
  const made = await bot.post(issues, { title: 'First', body: 'Text', labels: ['task-proposal'] });
  expect(made).toMatchObject({
    status: 201,
    body: { number: 1, labels: [{ name: 'task-proposal' }] },
  });
  emulator.as('ann').label('acme/manager', 1, 'approved-for-dev');
  const read = await bot.get(`${issues}/1`);
  expect(read.body).toMatchObject({ title: 'First', state: 'open', user: { login: 'svc-bot' } });
  const events = await bot.get(`${issues}/1/events`);
  expect(events.body).toMatchObject([
    { event: 'labeled', actor: { login: 'svc-bot' }, label: { name: 'task-proposal' } },
    { event: 'labeled', actor: { login: 'ann' }, label: { name: 'approved-for-dev' } },
  ]);
  const all = await bot.get(`${issues}/events?per_page=1`);
  expect(all.body).toMatchObject([
    { event: 'labeled', actor: { login: 'ann' }, issue: { number: 1 } },
  ]);
});

test('a closed issue knows why and by whom, and can be opened again', async () => {
  await bot.post(issues, { title: 'First' });
  const closed = await ann.patch(`${issues}/1`, { state: 'closed', state_reason: 'not_planned' });
  expect(closed.body).toMatchObject({ state_reason: 'not_planned', closed_by: { login: 'ann' } });
  const opened = await ann.patch(`${issues}/1`, { state: 'open' });
  expect(opened.body).toMatchObject({ state: 'open', state_reason: 'reopened', closed_at: null });
  const timeline = await bot.get(`${issues}/1/timeline`);
  expect(timeline.body).toMatchObject([{ event: 'closed' }, { event: 'reopened' }]);
});

test('comments are made, changed, listed for the repository, and deleted', async () => {
  await bot.post(issues, { title: 'First' });
  const made = await bot.post(`${issues}/1/comments`, { body: 'one' });
  const { id } = made.body as { id: number };
  await bot.patch(`${issues}/comments/${id}`, { body: 'two' });
  const listed = await bot.get(`${issues}/comments?since=2020-01-01T00:00:00Z&sort=updated`);
  expect(listed.body).toMatchObject([{ id, body: 'two' }]);
  expect(await bot.delete(`${issues}/comments/${id}`)).toMatchObject({ status: 204 });
  expect(await bot.get(`${issues}/1/comments`)).toMatchObject({ status: 200, body: [] });
});

test('labels are made once, and set and removed on issues', async () => {
  const label = { name: 'approved-for-dev', color: '00ff00', description: 'Go' };
  expect(await bot.post('/repos/acme/manager/labels', label)).toMatchObject({ status: 201 });
  const again = await bot.post('/repos/acme/manager/labels', label);
  expect(again).toMatchObject({ status: 422, body: { errors: [{ code: 'already_exists' }] } });
  await bot.post(issues, { title: 'First', labels: ['a'] });
  await bot.post(`${issues}/1/labels`, { labels: ['b'] });
  const set = await bot.put(`${issues}/1/labels`, { labels: ['b', 'c'] });
  expect(set.body).toMatchObject([{ name: 'b' }, { name: 'c' }]);
  expect(await bot.delete(`${issues}/1/labels/b`)).toMatchObject({ body: [{ name: 'c' }] });
  expect(await bot.delete(`${issues}/1/labels/b`)).toMatchObject({ status: 404 });
});

test('the permission of a person is told with the legacy word and the role', async () => {
  const of = (login: string) => bot.get(`/repos/acme/manager/collaborators/${login}/permission`);
  expect((await of('ann')).body).toMatchObject({ permission: 'write', role_name: 'write' });
  expect((await of('tom')).body).toMatchObject({ permission: 'read', role_name: 'triage' });
  emulator.setRole('acme/manager', 'ann', 'maintain');
  expect((await of('ann')).body).toMatchObject({ permission: 'write', role_name: 'maintain' });
  expect(await of('nobody')).toMatchObject({ status: 404 });
  const rita = createRequester(emulator.apiUrl, 'token-rita');
  const refused = await rita.get('/repos/acme/manager/collaborators/ann/permission');
  expect(refused).toMatchObject({ status: 403 });
});

test('who has no right is refused as GitHub does', async () => {
  await emulator.addRepository({ fullName: 'acme/secret', files: { a: 'b' }, private: true });
  await bot.post(issues, { title: 'First' });
  const stranger = createRequester(emulator.apiUrl, 'wrong');
  expect(await stranger.get('/user')).toMatchObject({
    status: 401,
    body: { message: 'Bad credentials' },
  });
  expect(await ann.get('/repos/acme/secret')).toMatchObject({ status: 404 });
  const rita = createRequester(emulator.apiUrl, 'token-rita');
  expect(await rita.post(`${issues}/1/labels`, { labels: ['x'] })).toMatchObject({ status: 403 });
  emulator.updateRepository('acme/manager', { archived: true });
  expect(await bot.post(issues, { title: 'x' })).toMatchObject({ status: 403 });
  emulator.addUser('ann', { suspended: true });
  expect(await ann.get('/user')).toMatchObject({ status: 403 });
});

test('pages follow Link only, and lists hold pull requests and filters', async () => {
  for (let number = 1; number <= 5; number += 1) {
    emulator.as('ann').openIssue('acme/manager', {
      title: `Issue ${number}`,
      labels: ['even', 'odd'].slice(number % 2),
    });
  }
  const first = await bot.get(`${issues}?per_page=2&sort=created&direction=asc`);
  expect(first.body).toMatchObject([{ number: 1 }, { number: 2 }]);
  const next = /<([^>]+)>; rel="next"/.exec(first.headers.get('link') ?? '')?.[1] ?? '';
  expect(next).toContain('/repositories/');
  const second = await bot.get(next.slice(emulator.apiUrl.length));
  expect(second.body).toMatchObject([{ number: 3 }, { number: 4 }]);
  expect((await bot.get(`${issues}?labels=even&creator=ann&state=all`)).body).toHaveLength(2);
  expect(emulator.journal.violations()).toEqual([]);
  await bot.get(`${issues}?per_page=2&page=2`);
  expect(emulator.journal.violations()).toMatchObject([{ rule: 'page-not-from-link' }]);
});

test('an unchanged answer costs nothing', async () => {
  const first = await bot.get(issues);
  const left = (await bot.get('/rate_limit')).body;
  const again = await bot.get(issues, { 'if-none-match': first.headers.get('etag') ?? '' });
  expect(again.status).toBe(304);
  expect((await bot.get('/rate_limit')).body).toEqual(left);
  expect(emulator.journal.entries.map(({ charged }) => charged)).toEqual([
    true,
    false,
    false,
    false,
  ]);
});

test('a renamed repository answers 301 to its address by id', async () => {
  emulator.renameRepository('acme/manager', 'acme/backlog');
  const answer = await fetch(`${emulator.apiUrl}/repos/acme/manager`, {
    redirect: 'manual',
    headers: { authorization: 'Bearer bot-token' },
  });
  expect(answer.status).toBe(301);
  const moved = await bot.get(answer.headers.get('location')?.slice(emulator.apiUrl.length) ?? '');
  expect(moved.body).toMatchObject({ full_name: 'acme/backlog' });
});

test('deleted issues are gone and transferred ones point to their new place', async () => {
  await emulator.addRepository({ fullName: 'acme/other', files: { a: 'b' } });
  await bot.post(issues, { title: 'First' });
  await bot.post(issues, { title: 'Second' });
  emulator.deleteIssue('acme/manager', 1);
  expect(await bot.get(`${issues}/1`)).toMatchObject({ status: 410 });
  const number = emulator.transferIssue('acme/manager', 2, 'acme/other');
  const followed = await bot.get(`${issues}/2`);
  expect(followed.body).toMatchObject({ title: 'Second', number });
});

test('the account, the lists of repositories and the meta page are there', async () => {
  expect((await bot.get('/user')).body).toMatchObject({ login: 'svc-bot' });
  expect((await bot.get('/user/repos')).body).toMatchObject([{ full_name: 'acme/manager' }]);
  expect((await bot.get('/orgs/acme/repos')).body).toMatchObject([{ name: 'manager' }]);
  expect(await bot.get('/meta')).toMatchObject({ status: 200 });
  expect((await bot.get('/repos/acme/manager/branches/main')).body).toMatchObject({ name: 'main' });
});
