import { expect, test } from 'vitest';
import { createFakeCodeHost } from '../../../../../test/fakes/fake-code-host.ts';
import { fakeCommit, openPullRequest } from '../../../../../test/fakes/fake-repository.ts';
import { createStaleIssueScanner } from './stale-issue-scanner.ts';

const now = new Date('2026-03-31T12:00:00Z');
const border = new Date('2026-03-01T12:00:00Z');

function setUp() {
  const clock = { now: () => now, monotonicMs: () => 0, sleep: async () => undefined };
  const host = createFakeCodeHost({ clock });
  const ref = host.addRepository('acme/widgets');
  const scanner = createStaleIssueScanner({
    clock,
    settings: () => ({ staleAfterDays: 30, labels: ['bug'] }),
  });
  const open = (title: string, updatedAt: Date): number => {
    const issue = host.openIssue(ref, { title, author: 'ann', labels: ['bug'] });
    host.state(ref).issues.set(issue.number, { ...issue, updatedAt });
    return issue.number;
  };
  const seen = async (): Promise<readonly string[]> => {
    const look = await scanner.look({
      ref,
      host,
      webUrl: null,
      remote: await host.remote(ref),
      branch: 'main',
      last: null,
      mirror: () => Promise.reject(new Error('no code is read')),
    });
    return look?.seen.map(({ text }) => text) ?? [];
  };
  return { host, ref, open, seen };
}

test('an issue counts from the very moment on that it was quiet for the days, and no earlier', async () => {
  const { open, seen } = setUp();
  open('thirty days', border);
  open('a millisecond less', new Date(border.getTime() + 1));
  expect(await seen()).toEqual(['thirty days']);
});

test('closed issues and pull requests never count, however quiet', async () => {
  const { host, ref, open, seen } = setUp();
  const closed = open('closed', border);
  host.state(ref).branches.set('theirs', fakeCommit('theirs'));
  const pull = { title: 'a pull request', body: '', head: 'theirs', base: 'main', draft: false };
  const { number } = openPullRequest(host.state(ref), { ...pull, author: 'ann' }, border);
  host.state(ref).pullRequestLabels.set(number, ['bug']);
  expect(await seen()).toEqual(['closed']);
  host.close(ref, closed, 'ann');
  const issue = host.state(ref).issues.get(closed);
  if (issue !== undefined) host.state(ref).issues.set(closed, { ...issue, updatedAt: border });
  expect(await seen()).toEqual([]);
});
