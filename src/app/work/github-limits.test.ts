import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createManualClock, type ManualClock } from '../../../test/fakes/manual-clock.ts';
import { createPipelineWorld, type PipelineWorld } from '../../../test/fakes/pipeline-world.ts';
import { createTestDatabase, type TestDatabase } from '../../../test/support/test-database.ts';
import type { EffectResult } from '../../domain/effect.ts';
import type { HostWrite } from '../../domain/ports/code-host.ts';
import type { Task } from '../../domain/task.ts';
import type { AnswerHead } from '../../integrations/github/governor/answers.ts';
import { createDatabaseGovernorState } from '../../integrations/github/governor/database-state.ts';
import { createGovernor, type Governor } from '../../integrations/github/governor/governor.ts';
import {
  createMemoryGovernorState,
  type GovernorState,
} from '../../integrations/github/governor/governor-state.ts';
import { type GithubTables, githubMigrations } from '../../integrations/github/tables.ts';
import { systemRandom } from '../../lib/random.ts';
import { pollApprovals } from '../../pipeline/approve/poll-approvals.ts';
import { explain } from '../../pipeline/explain.ts';
import { persist } from '../../pipeline/persist.ts';
import { propose } from '../../pipeline/propose/propose.ts';
import { migrate } from '../../platform/database/migrate.ts';
import { resilienceMigrations } from '../../platform/resilience/breakers.ts';
import { createStartObstacles } from '../../storage/start-obstacles.ts';
import { createObstacles } from './obstacles.ts';

let database: TestDatabase;
/** Of the world of the pipeline, which knows its own tables only. */
let ofWorld: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  await migrate(database, [...githubMigrations, ...resilienceMigrations]);
  ofWorld = await createTestDatabase();
});
afterAll(async () => {
  await database.drop();
  await ofWorld.drop();
});

const read = { lane: 'follow', write: false, createsContent: false } as const;
const create = { lane: 'person', write: true, createsContent: true } as const;
const fine: AnswerHead = { status: 200, headers: {}, text: '' };
const words = 'You have exceeded a secondary rate limit.';
const refusals = [
  ['a 429', { status: 429, headers: {}, text: '{"message":"Slow down."}' }],
  ['a 429 in words', { status: 429, headers: {}, text: words }],
  ['a 403 in words', { status: 403, headers: {}, text: words }],
] as const satisfies readonly (readonly [string, AnswerHead])[];

describe.each(['memory', 'database'] as const)('a time that GitHub names, budget in %s', (kind) => {
  const stateOf = (clock: ManualClock): GovernorState =>
    kind === 'memory'
      ? createMemoryGovernorState(clock)
      : createDatabaseGovernorState(database.kysely<GithubTables>(), null, clock);
  const seconds = kind === 'memory' ? [1, 2, 5, 10, 30, 60, 89, 90, 91, 110, 120] : [3, 120];
  const answers = [
    ...refusals,
    ['a 403 without words', { status: 403, headers: {}, text: '{}' }],
  ] as const;

  test.each(seconds.flatMap((after) => answers.map((answer) => [after, ...answer] as const)))(
    'of %i s in %s is kept by two processes, and the next request comes within a fifth after it',
    async (after, _name, refusal) => {
      const clock = createManualClock();
      const parts = { credential: systemRandom.uuid(), state: stateOf(clock), clock };
      const governors = [1, 2].map(() => createGovernor({ ...parts, random: systemRandom }));
      const limited = { ...refusal, headers: { 'retry-after': String(after) } };
      let toldMs: number | null = null;
      const sentMs: number[] = [];
      const exchange = async (): Promise<AnswerHead> => {
        const now = clock.monotonicMs();
        if (toldMs === null) {
          toldMs = now;
          return limited;
        }
        sentMs.push(now - toldMs);
        return fine;
      };
      const ask = async (governor: Governor, demand: typeof read | typeof create) =>
        persist({ clock }, () => governor.run(demand, exchange));
      const [one, other] = governors as [Governor, Governor];
      await ask(one, create);
      await Promise.all([ask(other, read), ask(other, create), ask(one, read)]);
      expect(sentMs).toHaveLength(4);
      expect(Math.min(...sentMs)).toBeGreaterThanOrEqual(after * 1000);
      expect(sentMs[0]).toBeLessThanOrEqual(after * 1200);
    },
  );

  test('is what the error names when it is refused once more each time', async () => {
    const clock = createManualClock();
    const parts = { credential: systemRandom.uuid(), state: stateOf(clock), clock };
    const limited = { status: 429, headers: { 'retry-after': '60' }, text: '' };
    let sent = 0;
    const call = createGovernor({ ...parts, random: systemRandom }).run(create, async () => {
      sent += 1;
      return limited;
    });
    const error: unknown = await call.catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'github_rate_limited' });
    const { until } = (error as { readonly details: { readonly until: string } }).details;
    const leftMs = Date.parse(until) - clock.now().getTime();
    expect(sent).toBe(5);
    expect(leftMs).toBeGreaterThan(59_000);
    expect(leftMs).toBeLessThanOrEqual(60_000);
  });
});

/** Waits between requests that are each refused without a time, as GitHub asks for them. */
const waitsMs = [60_000, 120_000, 240_000, 480_000];

const gapsOf = (sentMs: readonly number[]): readonly number[] =>
  sentMs.slice(1).map((at, n) => at - (sentMs[n] ?? 0));

test.each(refusals)(
  '%s that names no time is tried again after a minute, then after twice as long each time, five times at most',
  async (_name, refusal) => {
    const clock = createManualClock();
    const state = createMemoryGovernorState(clock);
    const governor = createGovernor({ credential: 'c', state, clock, random: systemRandom });
    const sentMs: number[] = [];
    const call = persist({ clock }, () =>
      governor.run(create, async () => {
        sentMs.push(clock.monotonicMs());
        return refusal;
      }),
    );
    await expect(call).rejects.toMatchObject({
      kind: 'rate_limited',
      code: 'github_rate_limited',
      next: expect.any(String),
    });
    const gaps = gapsOf(sentMs);
    expect(gaps).toHaveLength(waitsMs.length);
    for (const [n, waitMs] of waitsMs.entries()) {
      expect(gaps[n]).toBeGreaterThanOrEqual(waitMs);
      expect(gaps[n]).toBeLessThanOrEqual(waitMs * 1.2);
    }
  },
);

describe('finished work whose delivery GitHub refuses for a limit that names no time', () => {
  let world: PipelineWorld;
  let task: Task;
  let isLimited: boolean;
  const sentMs: number[] = [];
  const token = 'GITHUB_TOKEN';

  beforeEach(async () => {
    world = await createPipelineWorld(ofWorld);
    const { clock, host } = world;
    isLimited = false;
    sentMs.length = 0;
    await database.pool.query('truncate github_governor, github_pauses');
    const state = createDatabaseGovernorState(database.kysely<GithubTables>(), token, clock);
    const governor = createGovernor({ credential: 'c', state, clock, random: systemRandom });
    const send = host.send.bind(host);
    Object.assign(host, {
      send: async (write: HostWrite): Promise<EffectResult> => {
        const made: EffectResult[] = [];
        await governor.run(create, async () => {
          if (isLimited) {
            sentMs.push(clock.monotonicMs());
            return { status: 403, headers: {}, text: words };
          }
          made.push(await send(write));
          return fine;
        });
        const [result] = made;
        if (result === undefined) throw new Error('nothing was made');
        return result;
      },
    });
    const obstacles = createObstacles({
      database,
      stored: createStartObstacles(ofWorld),
      clock,
      limitClock: clock,
      credentialOf: () => token,
      gitHost: 'github.example',
      here: () => [],
    });
    world.ports.obstacles.inTheWay = async (work) => obstacles.inTheWay(work);
    await world.find('one');
    const [made] = (await propose(world.ports, world.target)).proposed;
    if (made === undefined) throw new Error('nothing was proposed');
    task = made;
    world.host.label(world.manager, task.issueNumber ?? 0, 'ann', 'approved-for-dev');
    await pollApprovals(world.ports, world.manager);
  });

  const said = async () => explain(world.ports, await world.task(task.id));

  test('is parked with its reason and what comes next, and goes on later: nothing lost, nothing twice', async () => {
    isLimited = true;
    expect(await world.attempt(task)).toBe('failed');
    // How often is told above: on this clock every renewal of a lease takes time that nobody waits for.
    const gaps = gapsOf(sentMs);
    expect(gaps.length).toBeGreaterThan(0);
    expect(gaps.filter((gap, n) => gap < 60_000 * 2 ** n)).toEqual([]);
    expect(await world.ports.runs.get(`${task.id}-1`)).toMatchObject({
      outcome: 'failed',
      reason: 'rate_limit',
    });
    expect(await said()).toMatchObject({
      state: 'approved',
      code: 'rate_limited',
      text: expect.stringContaining(`GitHub asked ${token} to wait until`),
      next: 'It goes on by itself when this ends.',
    });
    expect(await world.attempt(task)).toBe('not_started');
    isLimited = false;
    world.clock.advance(3_600_000);
    expect((await said()).code).toBe('waits_for_worker');
    expect(await world.attempt(task)).toBe('succeeded');
    expect(await world.task(task.id)).toMatchObject({ state: 'in_review' });
    expect([...world.host.state(world.target).pullRequests.values()]).toHaveLength(1);
  });
});
