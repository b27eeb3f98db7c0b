import { afterEach, beforeEach, expect, test } from 'vitest';
import { createGithubEmulator, type GithubEmulator } from './emulator.ts';
import { createRequester, type Requester } from './requester.ts';

let emulator: GithubEmulator;
let bot: Requester;
const issues = '/repos/acme/manager/issues';

beforeEach(async () => {
  emulator = await createGithubEmulator();
  await emulator.addRepository({
    fullName: 'acme/manager',
    files: { 'a.txt': 'a\n' },
    roles: { bot: 'write', ann: 'write' },
  });
  bot = createRequester(emulator.apiUrl, 'token-bot');
});
afterEach(() => emulator.close());

const marked = (intent: string, fingerprint: string): string =>
  `Text\n<!-- cms:1:${intent}:${fingerprint}:beef -->`;

test('two issues with one fingerprint, or one title and no marker, are duplicates', async () => {
  await bot.post(issues, { title: 'x', body: marked('i1', 'f1') });
  await bot.post(issues, { title: 'x', body: marked('i2', 'f2') });
  expect(emulator.journal.duplicates()).toEqual([]);
  await bot.post(issues, { title: 'y', body: marked('i3', 'f1') });
  await bot.post(issues, { title: 'z' });
  await bot.post(issues, { title: 'z' });
  expect(emulator.journal.duplicates()).toMatchObject([
    { kind: 'issue', reason: 'fingerprint', key: 'f1', places: [1, 3] },
    { kind: 'issue', reason: 'title', key: 'z', places: [4, 5] },
  ]);
});

test('one comment twice on one issue is a duplicate, people may repeat themselves', async () => {
  await bot.post(issues, { title: 'x' });
  await bot.post(`${issues}/1/comments`, { body: marked('c1', '') });
  emulator.as('ann').comment('acme/manager', 1, 'ping');
  emulator.as('ann').comment('acme/manager', 1, 'ping');
  expect(emulator.journal.duplicates()).toEqual([]);
  await bot.post(`${issues}/1/comments`, { body: marked('c1', '') });
  expect(emulator.journal.duplicates()).toMatchObject([{ kind: 'comment', reason: 'intent' }]);
});

test('two open pull requests of one task are a duplicate, one after the other are not', async () => {
  const pulls = '/repos/acme/manager/pulls';
  const open = async (branch: string) => {
    await emulator.as('ann').push('acme/manager', branch, { 'b.txt': branch });
    await bot.post(pulls, { title: branch, head: branch, base: 'main' });
  };
  await open('claude-manager/t1-aaaa');
  await bot.patch(`${pulls}/1`, { state: 'closed' });
  await open('claude-manager/t1-bbbb');
  expect(emulator.journal.duplicates()).toEqual([]);
  await open('claude-manager/t1-cccc');
  expect(emulator.journal.duplicates()).toMatchObject([
    { kind: 'pull', key: 'claude-manager/t1', places: [2, 3] },
  ]);
});

test('a branch that was forgotten beside another one of its task is a duplicate', async () => {
  const push = (branch: string) => emulator.as('ann').push('acme/manager', branch, { b: branch });
  await push('claude-manager/t1-aaaa');
  const body = { title: 'x', head: 'claude-manager/t1-aaaa', base: 'main' };
  await bot.post('/repos/acme/manager/pulls', body);
  expect(emulator.journal.duplicates()).toEqual([]);
  await push('claude-manager/t1-bbbb');
  expect(emulator.journal.duplicates()).toMatchObject([
    { kind: 'branch', key: 'claude-manager/t1' },
  ]);
});

test('writes that follow too closely are noted, and the limits can be set', async () => {
  await bot.post(issues, { title: 'x' });
  await bot.post(issues, { title: 'y' });
  const rules = (limits?: { writeGapMs?: number; contentPerMinute?: number; inFlight?: number }) =>
    emulator.journal.violations(limits).map(({ rule }) => rule);
  expect(rules({ writeGapMs: 60_000 })).toEqual(['writes-too-close']);
  expect(rules({ writeGapMs: 0 })).toEqual([]);
  expect(rules({ writeGapMs: 0, contentPerMinute: 1 })).toEqual(['content-per-minute']);
  expect(rules({ writeGapMs: 0, inFlight: 0 })).toHaveLength(2);
});

test('what differs from the description of GitHub is found', async () => {
  await bot.post(issues, { title: 'x', colour: 'red' });
  await bot.get(`${issues}?sort=shoe-size&page=1`);
  await bot.get(`${issues}?flavor=mint`);
  expect(emulator.contractViolations.map(({ side, detail }) => `${side}: ${detail}`)).toEqual([
    'request: unknown field colour',
    'request: query sort must be equal to one of the allowed values',
    'request: unknown query parameter flavor',
  ]);
});
