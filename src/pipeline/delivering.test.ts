import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
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
