import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { changedFile } from '../../test/fakes/fake-work.ts';
import { createPipelineWorld, type PipelineWorld } from '../../test/fakes/pipeline-world.ts';
import { createTestDatabase, type TestDatabase } from '../../test/support/test-database.ts';
import type { Run } from '../domain/run.ts';
import type { Task } from '../domain/task.ts';
import { AppError, type ErrorKind } from '../lib/app-error.ts';
import { pollApprovals } from './approve/poll-approvals.ts';
import { runIdOf } from './execute/attempt.ts';
import { explain } from './explain.ts';
import { followPullRequests } from './follow/follow.ts';
import { propose } from './propose/propose.ts';

const label = 'approved-for-dev';
let database: TestDatabase;
let world: PipelineWorld;
let task: Task;
let number: number;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(async () => database.drop());
beforeEach(async () => {
  world = await createPipelineWorld(database);
  await world.find('one');
  [task] = (await propose(world.ports, world.target)).proposed as [Task];
  number = task.issueNumber ?? 0;
  await approve();
});

async function approve(): Promise<void> {
  world.host.label(world.manager, number, 'ann', label);
  await pollApprovals(world.ports, world.manager);
}
const now = async (): Promise<Task> => world.task(task.id);
const runOf = async (attempt = 1): Promise<Run | null> =>
  world.ports.runs.get(runIdOf({ taskId: task.id, attempt }));
const pulls = () => [...world.host.state(world.target).pullRequests.values()];
const said = (): readonly string[] =>
  world.host.comments(world.manager, number).map(({ body }) => body);
const why = async (): Promise<string> => (await explain(world.ports, await now())).code;
const error = (kind: ErrorKind, code = 'x'): AppError =>
  new AppError({ kind, code, message: `${kind}.` });

describe('delivering', () => {
  test('work that finishes after a cancel is not delivered', async () => {
    world.work.during = async () => {
      const running = await now();
      await world.ports.tasks.transact((transaction) =>
        world.ports.tasks.update(transaction, running, { state: 'canceled' }),
      );
    };
    expect(await world.attempt(task)).toBe('canceled');
    expect(pulls()).toEqual([]);
    expect(await runOf()).toMatchObject({ outcome: 'canceled' });
  });
  test('an approver who lost the right while the agent worked: nothing leaves, a person is asked', async () => {
    world.work.during = async () => world.host.setRole(world.target, 'ann', 'read');
    expect(await world.attempt(task)).toBe('blocked_by_policy');
    expect(pulls()).toEqual([]);
    expect(world.host.state(world.target).branches.size).toBe(1);
    expect(await now()).toMatchObject({ state: 'needs_attention', attention: 'approval_void' });
    expect(await runOf()).toMatchObject({ outcome: 'blocked_by_policy', patch: '+text' });
  });
  test('a host that is away is waited for, the agent does not work twice', async () => {
    let fails = 3;
    const { host } = world.ports;
    const flaky = {
      ...host('github'),
      pullRequest: async (...of: Parameters<typeof world.host.pullRequest>) => {
        fails -= 1;
        if (fails >= 0) throw error('unavailable');
        return world.host.pullRequest(...of);
      },
    };
    Object.assign(world.ports, { host: () => flaky });
    expect(await world.attempt(task)).toBe('succeeded');
    expect(world.work.prompts).toHaveLength(1);
    expect(world.clock.slept).toEqual(expect.arrayContaining([2_000, 10_000, 40_000]));
    expect(pulls()).toHaveLength(1);
  });
  test('one that stays away ends the attempt after minutes, to be tried again', async () => {
    const away = {
      ...world.host,
      pullRequest: async () => {
        throw error('unavailable');
      },
    };
    Object.assign(world.ports, { host: () => away });
    expect(await world.attempt(task)).toBe('failed');
    expect(await now()).toMatchObject({ state: 'approved' });
  });
  test('a branch that somebody else took is a conflict for a person', async () => {
    world.host.failNext('push_branch', error('conflict', 'branch_moved'));
    await world.attempt(task);
    expect(await now()).toMatchObject({ state: 'needs_attention', attention: 'conflict' });
    expect(world.work.prompts).toHaveLength(1);
  });
  test('a pull request that does not show our commit is no success', async () => {
    const other = {
      ...world.host,
      pullRequest: async (...of: Parameters<typeof world.host.pullRequest>) => {
        const pull = await world.host.pullRequest(...of);
        return pull === null ? null : { ...pull, headSha: 'f'.repeat(40) };
      },
    };
    Object.assign(world.ports, { host: () => other });
    await world.attempt(task);
    expect(await now()).toMatchObject({ state: 'needs_attention', attention: 'unknown_outcome' });
  });
});

describe('a change that the policy leaves to a person', () => {
  const guarded = [
    changedFile('src/a.ts'),
    changedFile('.github/workflows/ci.yml'),
    changedFile('test/a.test.ts', { status: 'deleted', mode: null, bytes: 0, text: null }),
    changedFile('CLAUDE.md', { mode: '120000', linkTarget: 'README.md', text: null }),
  ];
  const places = [
    '.github/workflows/ci.yml is a protected path',
    'CLAUDE.md is a protected path',
    'test/a.test.ts is a test that is deleted',
  ];
  const made = (kind: string) =>
    world.host.journal.filter((entry) => entry.kind === kind && entry.outcome === 'made');
  const onPull = () =>
    world.host.comments(world.target, pulls()[0]?.number ?? 0).map(({ body }) => body);
  beforeEach(async () => {
    world.policy.protectedPathsPolicy = 'human';
    world.policy.checks = ['check'];
    world.work.files = guarded;
    // What the first approval was for has changed with the policy.
    await world.attempt(task);
    await approve();
  });

  test('is a draft with a label that names the places at its top and in one comment', async () => {
    expect(await world.attempt(task)).toBe('succeeded');
    const [pull, ...others] = pulls();
    expect(others).toEqual([]);
    expect(pull).toMatchObject({ draft: true, state: 'open' });
    const top = pull?.body.slice(0, pull.body.indexOf('What the agent says')) ?? '';
    expect(top).toMatch(/^## A person must look at this before it is merged\n/u);
    for (const place of places) expect(top).toContain(`- ${place}\n`);
    expect(top).not.toContain('src/a.ts');
    const labels = world.host.state(world.target).pullRequestLabels;
    expect(labels.get(pull?.number ?? 0)).toEqual(['needs-human-review']);
    expect(onPull()).toHaveLength(1);
    for (const place of places) expect(onPull()[0]).toContain(`- ${place}\n`);
    expect(said().at(-1)).toContain('A person must look at what it says first');
  });
  test('is told by explain, the notes of the task and an audit event of its own', async () => {
    await world.attempt(task);
    const { code, text, notes } = await explain(world.ports, await now());
    expect(code).toBe('waits_for_human_review');
    expect(text).toContain(places.join('; '));
    expect(notes.filter((note) => note.code === 'left_to_person')).toHaveLength(1);
    const audited = world.audit.filter(({ event }) => event === 'change.left_to_person');
    expect(audited).toMatchObject([
      { target: task.id, outcome: 'ok', facts: { codes: ['protected_path', 'tests_deleted'] } },
    ]);
    expect(world.audit.map(({ event }) => event)).not.toContain('change.held_back');
  });
  test.each(['open_pull_request', 'add_label', 'comment'] as const)(
    'is told once when the answer to %s is lost',
    async (kind) => {
      world.host.loseNextAnswer(kind);
      expect(await world.attempt(task)).toBe('succeeded');
      expect(pulls()).toHaveLength(1);
      expect(onPull()).toHaveLength(1);
      const onTarget = made(kind).filter(({ repository }) => repository.endsWith('acme/widgets'));
      expect(onTarget).toHaveLength(1);
    },
  );
  test('has its checks run and its second opinion asked before anything is pushed', async () => {
    world.work.failing = new Set(['check']);
    await world.attempt(task);
    expect(await why()).toBe('failed_checks');
    expect(made('push_branch')).toEqual([]);
    world.work.failing = new Set();
    Object.assign(world.policy, { reviewer: 'nobody' });
    await world.ports.tasks.transact(async (transaction) =>
      world.ports.tasks.update(transaction, await now(), { state: 'approved' }),
    );
    expect(await world.attempt(task)).toBe('blocked_by_policy');
    expect(made('push_branch')).toEqual([]);
  });
  test('is blocked all the same by anything that is no matter of a person’s look', async () => {
    world.work.patch = '+s3cr3t';
    expect(await world.attempt(task)).toBe('blocked_by_policy');
    expect(made('push_branch')).toEqual([]);
    expect(await now()).toMatchObject({ state: 'needs_attention', attention: 'blocked_by_policy' });
  });
  test('is known again after the database was lost, by the report of its pull request', async () => {
    await world.attempt(task);
    world = await createPipelineWorld(database, world);
    world.policy.protectedPathsPolicy = 'human';
    await world.find('one');
    [task] = (await propose(world.ports, world.target)).proposed as [Task];
    expect(await now()).toMatchObject({ state: 'in_review' });
    const { code, text } = await explain(world.ports, await now());
    expect(code).toBe('waits_for_human_review');
    expect(text).toContain(places.join('; '));
  });
  test('is never marked as ready or merged by the service, however often it looks', async () => {
    await world.attempt(task);
    for (let looks = 0; looks < 3; looks += 1) await followPullRequests(world.ports);
    expect(pulls()).toMatchObject([{ draft: true, state: 'open' }]);
    expect(await now()).toMatchObject({ state: 'in_review' });
  });
});

describe('following', () => {
  test('merged is done, and the proposal is closed', async () => {
    await world.attempt(task);
    const commit = world.host.mergePullRequest(world.target, pulls()[0]?.number ?? 0);
    expect((await followPullRequests(world.ports)).moved).toMatchObject([{ state: 'done' }]);
    expect((await followPullRequests(world.ports)).moved).toEqual([]);
    expect(world.host.state(world.manager).issues.get(number)).toMatchObject({ state: 'closed' });
    expect(said().at(-1)).toContain(`Merged as ${commit}`);
    expect(await why()).toBe('done');
  });
  test('closed unmerged needs a person; merged after all is done', async () => {
    await world.attempt(task);
    const pull = pulls()[0]?.number ?? 0;
    world.host.closePullRequest(world.target, pull);
    await followPullRequests(world.ports);
    expect(await now()).toMatchObject({ state: 'needs_attention', attention: 'closed_unmerged' });
    expect((await followPullRequests(world.ports)).moved).toEqual([]);
    const { pullRequests } = world.host.state(world.target);
    const closed = pullRequests.get(pull);
    if (closed !== undefined) pullRequests.set(pull, { ...closed, state: 'merged' });
    await followPullRequests(world.ports);
    expect(await now()).toMatchObject({ state: 'done', attention: null });
    expect(said().filter((text) => text.includes('Merged as'))).toHaveLength(1);
  });
  test('a pull request that cannot be read does not stop the others', async () => {
    await world.attempt(task);
    const gone = { host: 'github', name: 'acme/gone' } as const;
    const seen = await now();
    const pullRequest = seen.pullRequest;
    if (pullRequest === null) throw new Error('no pull request');
    await world.ports.tasks.transact((transaction) =>
      world.ports.tasks.insert(transaction, {
        ...seen,
        id: '0000',
        proposal: { ...seen.proposal, rank: 99 },
        pullRequest: { ...pullRequest, repository: gone },
      }),
    );
    world.host.mergePullRequest(world.target, pullRequest.number);
    const { moved, failed } = await followPullRequests(world.ports);
    expect(moved).toMatchObject([{ id: task.id }]);
    expect(failed).toHaveLength(1);
  });
});
