import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { startRole } from '../support/fleet.ts';
import { createGithubLoop, type GithubLoop, manager } from '../support/github-loop.ts';

const patience = { timeout: 120_000, interval: 50 };

let loop: GithubLoop;
beforeAll(async () => {
  const files = { 'list.js': '// TODO: handle the empty list\nexport const a = 1;\n' };
  const github = { managerRepo: manager, reposToScan: ['acme/widgets'], pollSeconds: 1 };
  loop = await createGithubLoop({ targets: { widgets: files }, config: { github } });
}, 420_000);
afterAll(() => loop.close());

test('a second SIGTERM ends a service at once, and what it had in hand is delivered once by the next', async () => {
  const first = await startRole(loop.service, 'all', { port: true });
  try {
    await vi.waitFor(() => expect(loop.proposals()).toHaveLength(1), patience);
    // The push hangs, so that after one signal alone the end would be minutes away.
    const path = /git-receive-pack$/u;
    loop.emulator.faults.add({ kind: 'hang-before', match: { method: 'POST', path } });
    loop.emulator.as('wendy').label(manager, 1, 'approved-for-dev');
    await vi.waitFor(() => expect(loop.emulator.faults.pending()).toBe(0), patience);
    first.signal('SIGTERM');
    const told = 'waiting for agents at work to end';
    await vi.waitFor(() => expect(first.said()).toContain(told), patience);
    expect(first.isOver()).toBe(false);
    first.signal('SIGTERM');
    await vi.waitFor(() => expect(first.isOver()).toBe(true), patience);
    expect(first.exitCode()).toBe(143);
  } finally {
    await first.end('SIGKILL');
  }
  const [run] = await loop.query<{ count: string }>(
    'select count(*) from runs where ended_at is null',
  );
  expect(Number(run?.count)).toBe(1);
  await loop.once();
  await loop.once();
  expect(loop.pulls('acme/widgets')).toHaveLength(1);
  expect(loop.emulator.journal.duplicates()).toEqual([]);
}, 420_000);
