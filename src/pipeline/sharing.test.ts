import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createPipelineWorld, type PipelineWorld } from '../../test/fakes/pipeline-world.ts';
import { createTestDatabase, type TestDatabase } from '../../test/support/test-database.ts';
import type { Task } from '../domain/task.ts';
import { pollApprovals } from './approve/poll-approvals.ts';
import { dispatch } from './cycle.ts';
import type { Turn } from './cycle-ports.ts';
import { propose } from './propose/propose.ts';

let database: TestDatabase;
let world: PipelineWorld;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(async () => database.drop());
beforeEach(async () => {
  world = await createPipelineWorld(database);
});

async function approved(...ids: readonly string[]): Promise<readonly Task[]> {
  for (const id of ids) await world.find(id);
  const { proposed } = await propose(world.ports, world.target);
  for (const { issueNumber } of proposed) {
    world.host.label(world.manager, issueNumber ?? 0, 'ann', 'approved-for-dev');
  }
  await pollApprovals(world.ports, world.manager);
  return proposed;
}

describe('what is handed to the workers', () => {
  test('of one repository as many tasks as may run there, those that nobody tried first', async () => {
    world.policy.maxConcurrent = 3;
    const tasks = await approved('one', 'two', 'three', 'four', 'five');
    const [tried] = tasks;
    if (tried === undefined) throw new Error('nothing was proposed');
    await world.ports.tasks.transact(async (transaction) =>
      world.ports.tasks.update(transaction, await world.task(tried.id), { attempt: 1 }),
    );
    const turns: Turn[] = [];
    const started = await dispatch({
      ...world.ports,
      startAttempt: async (_ref, turn) => {
        turns.push(turn);
        return 'started';
      },
    });
    expect(started).toBe(3);
    expect(turns).toEqual(['first', 'first', 'first']);
  });

  test('one that stands in line already takes a place, and one whose start came to nothing does not', async () => {
    await approved('one', 'two');
    const known = (start: 'waiting' | 'ended'): Promise<number> =>
      dispatch({ ...world.ports, startAttempt: async () => start });
    const asked: string[] = [];
    const counting = { ...world.ports };
    expect(await known('waiting')).toBe(0);
    await dispatch({
      ...counting,
      startAttempt: async ({ taskId }) => {
        asked.push(taskId);
        return 'ended';
      },
    });
    expect(new Set(asked).size).toBe(2);
  });

  test('how long people held a task, or it waited for its turn, is told with its start; what is in the way is not', async () => {
    const [one, two] = await approved('one', 'two');
    const ids = [one?.id, two?.id];
    const heldUntil = async (): Promise<object> => {
      world.started.length = 0;
      await dispatch(world.ports);
      return Object.fromEntries(
        world.started.map((ref) => [
          ids.indexOf(ref.taskId),
          ref.heldUntil?.slice(0, 19) ?? 'not held',
        ]),
      );
    };
    world.obstacle = { code: 'memory_tight', text: 'There is too little memory.' };
    expect(await heldUntil()).toEqual({});
    world.obstacle = null;
    await world.ports.pauses.pause(world.target, 'ann', world.clock.now());
    expect(await heldUntil()).toEqual({});
    const paused = world.clock.now().toISOString().slice(0, 19);
    await world.ports.pauses.resume(world.target);
    world.clock.advance(5000);
    expect(await heldUntil()).toEqual({ 0: paused });
    const turn = world.clock.now().toISOString().slice(0, 19);
    await world.attempt(await world.task(ids[0] ?? ''));
    world.clock.advance(5000);
    expect(await heldUntil()).toEqual({ 1: turn });
  });

  test('what holds a repository is read once for all of its tasks', async () => {
    await approved('one', 'two', 'three');
    await world.ports.pauses.pause(world.target, 'ann', new Date());
    let asked = 0;
    const paused = async () => {
      asked += 1;
      return await world.ports.pauses.paused();
    };
    const ports = { ...world.ports, pauses: { ...world.ports.pauses, paused } };
    expect(await dispatch(ports)).toBe(0);
    expect(asked).toBe(1);
  });

  test('a task that waits alone lets the next one of its repository start', async () => {
    const [first] = await approved('one', 'two');
    if (first === undefined) throw new Error('nothing was proposed');
    const started: string[] = [];
    const agent = world.ports.agents(first.agent);
    if (agent === null) throw new Error('its agent is missing');
    const ports = {
      ...world.ports,
      agents: () => ({ ...agent, cost: 'metered' as const }),
      runs: {
        ...world.ports.runs,
        spending: async (_: unknown, { taskId }: { readonly taskId: string }) => ({
          taskUsd: taskId === first.id ? 1e6 : 0,
          repositoryDayUsd: 0,
          dayUsd: 0,
          monthUsd: 0,
        }),
      },
    };
    await dispatch({
      ...ports,
      startAttempt: async ({ taskId }) => {
        started.push(taskId);
        return 'started';
      },
    });
    expect(started).toHaveLength(1);
    expect(started).not.toContain(first.id);
  });

  test('starts at the same moment keep the cap of the repository and of the agent', async () => {
    world.policy.maxConcurrent = 2;
    world.agentCaps.set('scripted', 2);
    const tasks = await approved('one', 'two', 'three', 'four');
    let release: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    world.work.during = async () => {
      running.push(await world.ports.tasks.atWork(null));
      await gate;
    };
    const running: (readonly unknown[])[] = [];
    const attempts = tasks.map(async (task) => world.attempt(task));
    const first = await Promise.race(attempts);
    expect(first).toBe('not_started');
    while (running.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    release();
    const ends = await Promise.all(attempts);
    expect(ends.toSorted()).toEqual(['not_started', 'not_started', 'succeeded', 'succeeded']);
    expect(running).toHaveLength(2);
    expect(running.every((atWork) => atWork.length <= 2)).toBe(true);
  });
});

describe('a machine that is gone after its agent had finished', () => {
  test('costs no retry: the attempt is interrupted, nothing of it is sent, and the next one delivers', async () => {
    const [task] = await approved('one');
    if (task === undefined) throw new Error('nothing was proposed');
    world.work.isAway = true;
    expect(await world.attempt(task)).toBe('interrupted');
    expect(await world.task(task.id)).toMatchObject({ state: 'approved', attempt: 1 });
    expect(world.host.state(world.target).pullRequests.size).toBe(0);
    world.work.isAway = false;
    expect(await world.attempt(task)).toBe('succeeded');
    expect(await world.task(task.id)).toMatchObject({ state: 'in_review', attempt: 2 });
    expect(world.host.state(world.target).pullRequests.size).toBe(1);
  });

  test('with writes decided already, those are withdrawn and never sent', async () => {
    const [task] = await approved('one');
    if (task === undefined) throw new Error('nothing was proposed');
    const base = { repository: world.target, taskId: task.id, attempt: 1, ordinal: 0 };
    const [push = ''] = await world.ports.tasks.transact((transaction) =>
      world.ports.effects.intend(transaction, [
        {
          ...base,
          kind: 'push_branch',
          payload: { branch: 'b', sha: 's', gitDir: '/gone', expected: null },
        },
      ]),
    );
    world.work.isAway = true;
    expect(await world.attempt(task)).toBe('interrupted');
    await expect(world.ports.effects.settle(push)).rejects.toMatchObject({
      code: 'effect_withdrawn',
    });
  });
});
