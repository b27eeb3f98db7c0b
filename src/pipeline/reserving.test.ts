import fc from 'fast-check';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createPipelineWorld, type PipelineWorld } from '../../test/fakes/pipeline-world.ts';
import { createTestDatabase, type TestDatabase } from '../../test/support/test-database.ts';
import type { Spending } from '../domain/ports/stores.ts';
import type { Run } from '../domain/run.ts';
import type { Task } from '../domain/task.ts';
import { overBudget } from './dispatch.ts';
import { propose } from './propose/propose.ts';

let database: TestDatabase;
let world: PipelineWorld;
let tasks: readonly Task[];
beforeAll(async () => {
  database = await createTestDatabase();
  world = await createPipelineWorld(database);
  for (const id of ['one', 'two', 'three']) await world.find(id);
  tasks = (await propose(world.ports, world.target)).proposed;
});
afterAll(async () => database.drop());

const run = (taskId: string, attempt: number, costUsd: number): Run => ({
  id: `${taskId}-${attempt}`,
  taskId,
  attempt,
  agent: 'scripted',
  sandbox: null,
  baseCommit: null,
  startedAt: world.clock.now(),
  endedAt: null,
  outcome: null,
  reason: null,
  summary: null,
  usage: null,
  costUsd,
  checks: [],
  patch: null,
  correlationId: 'c',
  workflowId: 'w',
});

/** As the start of an attempt does: look and reserve in one transaction. Answers whether it may start. */
async function reserve(taskId: string, attempt: number): Promise<boolean> {
  const { budget } = world.policy;
  return world.ports.tasks.transact(async (transaction) => {
    const scope = { taskId, target: world.target, now: world.clock.now() };
    if (overBudget(await world.ports.runs.spending(transaction, scope), budget) !== null)
      return false;
    await world.ports.runs.insert(transaction, run(taskId, attempt, budget.perRunUsd));
    return true;
  });
}

test('attempts that start at once never reserve more than any limit, and as many start as fit', async () => {
  const dollars = fc.integer({ min: 1, max: 12 });
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        perRunUsd: fc.integer({ min: 1, max: 4 }),
        perTaskUsd: dollars,
        perRepositoryDayUsd: dollars,
        perDayUsd: dollars,
        perMonthUsd: dollars,
      }),
      fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 6, maxLength: 12 }),
      async (limits, asked) => {
        await sql`truncate runs cascade`.execute(database.kysely());
        world.policy.budget = { ...world.policy.budget, ...limits };
        const ids = asked.map((index) => tasks[index]?.id ?? '');
        const started = await Promise.all(ids.map((id, index) => reserve(id, index + 1)));
        const most = Math.min(limits.perRepositoryDayUsd, limits.perDayUsd, limits.perMonthUsd);
        const scope = { target: world.target, now: world.clock.now() };
        const seen: Spending[] = [];
        for (const { id } of tasks)
          seen.push(await world.ports.runs.spending(null, { ...scope, taskId: id }));
        expect(Math.max(...seen.map(({ dayUsd }) => dayUsd))).toBeLessThanOrEqual(most);
        for (const { taskUsd } of seen) expect(taskUsd).toBeLessThanOrEqual(limits.perTaskUsd);
        expect(seen[0]?.dayUsd).toBe(started.filter(Boolean).length * limits.perRunUsd);
        // What was refused does not fit even now.
        for (const [index, id] of ids.entries())
          if (started[index] === false) expect(await reserve(id, 100 + index)).toBe(false);
      },
    ),
    { numRuns: 25 },
  );
});
