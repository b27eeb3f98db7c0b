import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createPipelineWorld, type PipelineWorld } from '../../test/fakes/pipeline-world.ts';
import { aTask } from '../../test/fakes/tasks.ts';
import { createTestDatabase, type TestDatabase } from '../../test/support/test-database.ts';
import type { Task, TaskState } from '../domain/task.ts';
import { taskStates } from '../domain/task.ts';
import { AppError } from '../lib/app-error.ts';
import { dispatch, progressed, runCycle, untilQuiet } from './cycle.ts';
import { explain } from './explain.ts';
import { mayPass, persist } from './persist.ts';

let database: TestDatabase;
let world: PipelineWorld;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(async () => database.drop());
beforeEach(async () => {
  world = await createPipelineWorld(database);
});
const options = { scan: true, signal: new AbortController().signal };
const away = new AppError({
  kind: 'unavailable',
  code: 'host_away',
  message: 'It is away.',
  next: 'Wait.',
});

describe('a round', () => {
  test('scans, proposes, reads approvals and starts, each thing once', async () => {
    await world.find('one');
    const first = await runCycle(world.ports, [world.target], options);
    expect(first).toMatchObject({
      scanned: 1,
      findings: 1,
      proposed: 1,
      approved: 0,
      problems: [],
    });
    world.host.label(world.manager, 1, 'ann', 'approved-for-dev');
    const second = await runCycle(world.ports, [world.target], options);
    expect(second).toMatchObject({ proposed: 0, approved: 1, started: 1 });
    expect(world.started).toMatchObject([{ attempt: 1 }]);
    expect([progressed(first), progressed(second)]).toEqual([true, true]);
  });
  test('a repository that fails is reported with what to do, and the others go on', async () => {
    await world.find('one');
    const gone = { host: 'github', name: 'acme/gone' } as const;
    const scan: typeof world.ports.scan = async (target) => {
      if (target.name === gone.name) throw away;
      return world.ports.scan(target);
    };
    const summary = await runCycle({ ...world.ports, scan }, [gone, world.target], options);
    expect(summary).toMatchObject({ scanned: 1, proposed: 1 });
    expect(summary.problems).toMatchObject([
      { where: 'github:acme/gone', code: 'host_away', message: 'It is away.', next: 'Wait.' },
    ]);
  });
  test('what a dead process left is settled first, and its failure stops nothing', async () => {
    const settleLeftovers = async (): Promise<number> => Promise.reject(away);
    await world.find('one');
    const summary = await runCycle({ ...world.ports, settleLeftovers }, [world.target], options);
    expect(summary).toMatchObject({ proposed: 1, problems: [{ where: 'effects' }] });
  });
  test('without a scan it only decides, starts and follows; when stopped it does nothing', async () => {
    await world.find('one');
    const still = await runCycle(world.ports, [world.target], { ...options, scan: false });
    expect(still).toMatchObject({ scanned: 0, proposed: 0 });
    expect(progressed(still)).toBe(false);
    const stopped = { scan: true, signal: AbortSignal.abort() };
    expect(await runCycle(world.ports, [world.target], stopped)).toMatchObject({
      scanned: 0,
      problems: [],
    });
  });
  test('reads no proposal of which nothing was heard, however many wait', async () => {
    for (let n = 0; n < 5; n += 1) await world.find(`f${n}`, { line: n + 1 });
    const { proposed } = await runCycle(world.ports, [world.target], options);
    expect(proposed).toBeGreaterThan(2);
    const read: string[] = [];
    const { tasks } = world.ports;
    const watched: typeof tasks = {
      ...tasks,
      list: async (query) => {
        const found = await tasks.list(query);
        read.push(...found.map(({ id }) => id));
        return found;
      },
      get: async (id) => {
        read.push(id);
        return await tasks.get(id);
      },
      approvals: async (id) => {
        read.push(id);
        return await tasks.approvals(id);
      },
    };
    const round = () =>
      runCycle({ ...world.ports, tasks: watched }, [world.target], { ...options, scan: false });
    await round();
    expect(read).toEqual([]);
    world.host.close(world.manager, 1, 'ann', 'not_planned');
    await round();
    expect(new Set(read).size).toBe(1);
  });
  test('one task of a repository is started at a time, the best ranked first', async () => {
    for (const [id, rank] of [
      ['aa01', 10],
      ['bb02', 90],
    ] as const) {
      const proposal = { ...aTask().proposal, rank };
      await insert({ id, state: 'approved', target: world.target, proposal });
    }
    expect(await dispatch(world.ports)).toBe(1);
    expect(world.started.map(({ taskId }) => taskId)).toEqual(['bb02']);
  });
});

describe('waiting', () => {
  test('it ends when nothing is at work, at the deadline, or when stopped', async () => {
    let left = 3;
    const busy = async (): Promise<boolean> => (left -= 1) > 0;
    expect(await untilQuiet(world.ports, busy, { signal: options.signal, deadline: 10_000 })).toBe(
      true,
    );
    const always = async (): Promise<boolean> => true;
    expect(
      await untilQuiet(world.ports, always, { signal: options.signal, deadline: 10_000 }),
    ).toBe(false);
  });
  test('what may pass is tried five times, what does not once', async () => {
    let tries = 0;
    const failing = (error: AppError) => async (): Promise<never> => {
      tries += 1;
      throw error;
    };
    await expect(persist(world.ports, failing(away))).rejects.toBe(away);
    expect(tries).toBe(5);
    const refused = new AppError({ kind: 'forbidden', code: 'no', message: 'No.' });
    await expect(persist(world.ports, failing(refused))).rejects.toBe(refused);
    expect(tries).toBe(6);
    expect(mayPass(new AppError({ kind: 'conflict', code: 'task_changed', message: 'x' }))).toBe(
      true,
    );
    expect(mayPass(new TypeError('x'))).toBe(false);
    for (const code of ['57P01', '25P03', '55P03'])
      expect(mayPass(Object.assign(new Error('x'), { code }))).toBe(true);
  });
  test('what a breaker kept back is waited for and costs no try', async () => {
    const began = world.clock.monotonicMs();
    const done = persist(world.ports, async () => {
      const left = began + 300_000 - world.clock.monotonicMs();
      if (left <= 0) return 'done';
      const until = new Date(world.clock.now().getTime() + left).toISOString();
      const details = { until };
      throw new AppError({ kind: 'unavailable', code: 'circuit_open', message: 'x', details });
    });
    expect(await done).toBe('done');
  });
});

describe('explain', () => {
  const codes: Readonly<Record<TaskState, string>> = {
    proposed: 'waits_for_approval',
    approved: 'waits_for_worker',
    running: 'running',
    in_review: 'waits_for_review',
    needs_attention: 'conflict',
    done: 'done',
    no_change: 'no_change',
    failed: 'failed',
    rejected: 'rejected',
    expired: 'expired',
    resolved: 'resolved',
    canceled: 'canceled',
  };
  test.each(taskStates)(
    'a task that is %s has a reason with a code, a text and what is next',
    async (state) => {
      const attention = state === 'needs_attention' ? ('conflict' as const) : null;
      const task = await insert({ state, attention, issueNumber: 1 });
      const { code, text, next } = await explain(world.ports, task);
      expect(code).toBe(codes[state]);
      for (const words of [text, next]) expect(words).toMatch(/^\S.*\S$/u);
    },
  );
  test('a proposal whose issue is not made yet says so', async () => {
    expect(await explain(world.ports, await insert({ issueNumber: null }))).toMatchObject({
      code: 'waits_for_issue',
    });
  });
  test('a failed task names how its last run ended, whatever was noted after', async () => {
    const task = await insert({ state: 'failed', note: 'It broke.' });
    for (const [code, key] of [
      ['failed_checks', 'run:1'],
      ['retried', 'retried:9'],
    ] as const) {
      await world.ports.tasks.transact((transaction) =>
        world.ports.tasks.addNote(transaction, {
          taskId: task.id,
          at: world.clock.now(),
          code,
          key,
          text: 't',
        }),
      );
    }
    expect(await explain(world.ports, task)).toMatchObject({
      code: 'failed_checks',
      text: 'It broke.',
    });
  });
});

async function insert(change: Partial<Task>): Promise<Task> {
  return world.ports.tasks.transact((transaction) =>
    world.ports.tasks.insert(transaction, aTask({ target: world.target, ...change })),
  );
}
