import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { completed, fakeAgent } from '../../test/fakes/fake-work.ts';
import { createPipelineWorld, type PipelineWorld } from '../../test/fakes/pipeline-world.ts';
import { createTestDatabase, type TestDatabase } from '../../test/support/test-database.ts';
import { failureRules } from '../domain/failure.ts';
import { type ObstacleCode, obstacleCodes } from '../domain/ports/obstacles.ts';
import { weekdays } from '../domain/quiet-hours.ts';
import type { Task } from '../domain/task.ts';
import { AppError } from '../lib/app-error.ts';
import { pollApprovals } from './approve/poll-approvals.ts';
import { dispatch } from './cycle.ts';
import { type HoldCode, holdCodes, holdOf } from './dispatch.ts';
import { explain } from './explain.ts';
import { propose } from './propose/propose.ts';

const label = 'approved-for-dev';
let database: TestDatabase;
let world: PipelineWorld;
let task: Task;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(async () => database.drop());
beforeEach(async () => {
  world = await createPipelineWorld(database);
  task = await approved('one');
});

async function approved(id: string): Promise<Task> {
  await world.find(id);
  const [made] = (await propose(world.ports, world.target)).proposed as [Task];
  world.host.label(world.manager, made.issueNumber ?? 0, 'ann', label);
  await pollApprovals(world.ports, world.manager);
  return made;
}
const now = async (): Promise<Task> => world.task(task.id);
const fails = (failure: 'transient' | 'model_quota', resetsAt: Date | null = null): void => {
  const message = 'usage limit reached';
  world.work.result = {
    ...completed(),
    end: { ...completed().end, kind: 'failed', failure, message, resetsAt },
  };
};
const paid = (spentUsd: number): void => {
  world.agents.set('scripted', fakeAgent('scripted', 'reported'));
  world.work.result = {
    ...completed('NO CHANGE NEEDED: done'),
    usage: { inputTokens: 1, outputTokens: 1, cachedTokens: 0, turns: 1, costUsd: spentUsd },
  };
  world.work.files = [];
};

/** How each reason comes about. */
const ways: Readonly<Record<HoldCode, () => Promise<void>>> = {
  paused: async () => world.ports.pauses.pause(null, 'ann', new Date()),
  repository_paused: async () => world.ports.pauses.pause(world.target, 'ann', new Date()),
  quiet_hours: async () => {
    world.quiet = [{ days: weekdays, from: '00:00', to: '00:00', timezone: 'UTC' }];
  },
  agent_missing: async () => world.agents.clear(),
  manager_missing: async () => {
    world.hasManager = false;
  },
  ...(Object.fromEntries(
    obstacleCodes.map((code) => [
      code,
      async () => {
        world.obstacle = { code, text: `${code} is in the way.` };
      },
    ]),
  ) as Record<ObstacleCode, () => Promise<void>>),
  model_quota: async () => {
    fails('model_quota', new Date('2026-03-02T15:00:00Z'));
    await world.attempt(task);
  },
  retry_later: async () => {
    fails('transient');
    await world.attempt(task);
  },
  start_failed: async () => {
    world.look = async () => {
      throw new AppError({ kind: 'unavailable', code: 'x', message: 'Away.' });
    };
    await world.attempt(task);
  },
  repository_busy: async () => {
    const other = await approved('two');
    world.work.during = async () => {
      expect(await holdOf(world.ports, await now())).toMatchObject({ code: 'repository_busy' });
    };
    await world.attempt(other);
    await world.ports.tasks.transact(async (transaction) =>
      world.ports.tasks.update(transaction, await world.task(other.id), { state: 'running' }),
    );
  },
  agent_busy: async () => {
    const other = await approved('two');
    world.agentCaps.set('scripted', 1);
    world.policy.maxConcurrent = 2;
    await world.ports.tasks.transact(async (transaction) =>
      world.ports.tasks.update(transaction, await world.task(other.id), { state: 'running' }),
    );
  },
  budget_task: async () => {
    world.policy.budget = { ...world.policy.budget, perTaskUsd: 7 };
    await spend(task, 3);
  },
  budget_repository: async () => {
    world.policy.budget = { ...world.policy.budget, perRepositoryDayUsd: 7 };
    await spend(await approved('two'), 3);
  },
  budget_day: async () => {
    world.policy.budget = { ...world.policy.budget, perDayUsd: 7 };
    await spend(await approved('two'), 3);
  },
  budget_month: async () => {
    world.policy.budget = { ...world.policy.budget, perMonthUsd: 7 };
    await spend(await approved('two'), 3);
    world.clock.advance(86_400_000);
  },
};

async function spend(on: Task, usd: number): Promise<void> {
  paid(usd);
  await world.attempt(on);
  const spent = await world.task(on.id);
  if (on.id !== task.id) return;
  await world.ports.tasks.transact(async (transaction) =>
    world.ports.tasks.update(transaction, spent, { state: 'approved' }),
  );
}

describe('why an approved task is not started', () => {
  test('without any of the reasons it starts', async () => {
    expect(await dispatch(world.ports)).toBe(1);
    expect((await explain(world.ports, await now())).code).toBe('waits_for_worker');
  });
  test.each(holdCodes)(
    '%s: nothing starts, and explain says it with words and an advice',
    async (code) => {
      await ways[code]();
      const said = await explain(world.ports, await now());
      expect(said).toMatchObject({ state: 'approved', code });
      expect(said.text.length * said.next.length).toBeGreaterThan(0);
      expect(await dispatch(world.ports)).toBe(0);
    },
  );
});

test.each([
  ['queued', 'queued'],
  ['taken', 'lease_held'],
] as const)(
  'a start that is %s is explained as %s, and dispatched no second time',
  async (state, code) => {
    world.claim = { state, executor: 'executor-7' };
    expect(await explain(world.ports, await now())).toMatchObject({ state: 'approved', code });
    expect(await holdOf(world.ports, await now())).toBeNull();
  },
);

describe("an agent whose model's quota is used up", () => {
  const reset = new Date('2026-03-02T15:00:00Z');
  beforeEach(async () => {
    fails('model_quota', reset);
    await world.attempt(task);
  });
  test('holds every task of that agent until the reset, and goes on by itself then', async () => {
    const other = await approved('two');
    expect(await holdOf(world.ports, other)).toMatchObject({
      code: 'model_quota',
      text: expect.stringContaining(reset.toISOString()),
    });
    world.agents.set('second', fakeAgent('second', 'free'));
    expect(await holdOf(world.ports, { ...other, agent: 'second' })).toBeNull();
    world.clock.advance(reset.getTime() - world.clock.now().getTime());
    expect(await holdOf(world.ports, await now())).toBeNull();
    world.work.result = completed();
    expect(await world.attempt(task)).toBe('succeeded');
  });
  test('costs the task none of its attempts', async () => {
    for (let tries = 0; tries < 5; tries += 1) {
      world.clock.advance(8 * 86_400_000);
      await world.attempt(task);
    }
    expect(await now()).toMatchObject({ state: 'approved', attempt: 6 });
  });
  test('lifting every pause asks the agent again at once', async () => {
    await world.ports.pauses.resume(null);
    expect(await holdOf(world.ports, await now())).toBeNull();
  });
});

test('a result that comes after a newer attempt began is kept as a patch, audited and not delivered', async () => {
  world.work.during = async () => {
    const running = await now();
    await world.ports.tasks.transact((transaction) =>
      world.ports.tasks.update(transaction, running, { attempt: running.attempt + 1 }),
    );
  };
  await world.attempt(task);
  expect([...world.host.state(world.target).pullRequests.values()]).toEqual([]);
  expect(await world.ports.runs.get(`${task.id}-1`)).toMatchObject({
    patch: '+text',
    outcome: 'canceled',
    endedAt: expect.any(Date),
  });
  expect(world.audit.map(({ event }) => event)).toContain('run.result_quarantined');
  expect(await now()).toMatchObject({ state: 'running', attempt: 2 });
});

describe('a task that fails every time', () => {
  const poison = async (): Promise<void> => {
    fails('transient');
    for (let tries = 0; (await now()).state === 'approved' && tries < 9; tries += 1) {
      await world.attempt(task);
      world.clock.advance(failureRules.transient.capMs);
    }
  };
  test('ends before a person with the story of every attempt, errors behind it included', async () => {
    world.work.broken = new AppError({
      kind: 'unavailable',
      code: 'disk',
      message: 'No workspace.',
      cause: new Error('ENOSPC with s3cr3t'),
    });
    await poison();
    expect(await now()).toMatchObject({
      state: 'needs_attention',
      attention: 'attempts_used_up',
      attempt: world.policy.budget.maxAttempts,
    });
    const notes = await world.ports.tasks.notes(task.id);
    const story = notes.find(({ code }) => code === 'attempts_used_up')?.text ?? '';
    for (const part of ['Attempt 1:', 'Attempt 3:', 'disk: No workspace.', 'ENOSPC with ***']) {
      expect(story).toContain(part);
    }
  });
  test('a person who requeues it gives it all its attempts anew, without a wait', async () => {
    await poison();
    const dead = await now();
    await world.ports.tasks.transact(async (transaction) => {
      await world.ports.tasks.update(transaction, dead, { state: 'approved', attention: null });
      await world.ports.tasks.addNote(transaction, {
        taskId: task.id,
        at: world.clock.now(),
        code: 'retried',
        text: 'again',
        key: 'again',
      });
    });
    expect(await holdOf(world.ports, await now())).toBeNull();
    await poison();
    expect(await now()).toMatchObject({ state: 'needs_attention', attempt: 6 });
  });
  test('does not keep others from their turn', async () => {
    fails('transient');
    await world.attempt(task);
    await approved('two');
    expect(await dispatch(world.ports)).toBe(1);
  });
});
