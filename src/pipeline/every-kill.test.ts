import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { changedFile, completed } from '../../test/fakes/fake-work.ts';
import { createPipelineWorld, type PipelineWorld } from '../../test/fakes/pipeline-world.ts';
import { createMortalLife, type MortalLife } from '../../test/support/mortal-life.ts';
import { seededFractions } from '../../test/support/seeded.ts';
import { createTestDatabase, type TestDatabase } from '../../test/support/test-database.ts';
import {
  type EffectKind,
  type EffectRequest,
  intentIdOf,
  repeatableKinds,
} from '../domain/effect.ts';
import type { Transaction } from '../domain/ports/effects.ts';
import { repositoryKey } from '../domain/repository.ts';
import { AppError, toAppError } from '../lib/app-error.ts';
import type { Clock } from '../lib/clock.ts';
import { silentLog } from '../lib/log.ts';
import { createEffects, type EffectsOf } from '../platform/effects/create-effects.ts';
import { createEarlierProposals } from '../storage/earlier-proposals.ts';
import { createFindingStore } from '../storage/finding-store.ts';
import { createPauseStore } from '../storage/pause-store.ts';
import { createRunStore } from '../storage/run-store.ts';
import { createSuppressionStore } from '../storage/suppression-store.ts';
import { createTaskStore } from '../storage/task-store.ts';
import { kyselyOf } from '../storage/transaction.ts';
import { runCycle } from './cycle.ts';
import type { CyclePorts } from './cycle-ports.ts';
import { type AttemptRef, workflowIdOf } from './execute/attempt.ts';
import { noteFailedStart } from './execute/begin.ts';
import { repairRuns } from './execute/repair.ts';
import { noteRefusedWrite } from './settle.ts';
import { attemptWorkflow } from './workflows.ts';

/**
 * The whole way of a task, from its finding to the end of its attempt, with a process that dies at each moment at which
 * something lasting changes; the next one finds what it left on the same database and the same host. A seed decides what
 * the host does to each kind of write, how the agent ends, and whether the second process dies as well. Time is virtual.
 * KILL_SEEDS for more seeds (200 by hand), KILL_STRIDE 1 for every moment of each, KILL_SEED to repeat one.
 */
const seeds = Number(process.env['KILL_SEEDS'] ?? '2');
const stride = Number(process.env['KILL_STRIDE'] ?? '9');
const only = process.env['KILL_SEED'];

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(async () => database.drop());

/** What the engine keeps of a workflow over the death of a process. */
interface Kept {
  readonly ref: AttemptRef;
  readonly steps: Map<string, { readonly value: unknown } | { readonly error: AppError }>;
  isOver: boolean;
}

interface Story {
  readonly world: PipelineWorld;
  readonly workflows: Map<string, Kept>;
  readonly fraction: () => number;
}

const kinds: readonly EffectKind[] = [
  'create_issue',
  'push_branch',
  'open_pull_request',
  'comment',
  'add_label',
];

/** How the agent ends, and where that leads the task. */
const ends: readonly (readonly [string, (world: PipelineWorld) => void])[] = [
  ['in_review', () => undefined],
  ['in_review', () => undefined],
  [
    'no_change',
    ({ work }) => {
      work.files = [];
      work.result = completed('No change needed: it is handled already.');
    },
  ],
  [
    'failed',
    ({ work }) => {
      work.files = [];
    },
  ],
  [
    'needs_attention',
    ({ work }) => {
      work.files = [changedFile('.github/workflows/ci.yml')];
    },
  ],
];

const hiccup = (kind: 'unavailable' | 'rate_limited'): AppError =>
  new AppError({ kind, code: kind, message: 'Not now.' });

async function begin(seed: number): Promise<Story & { readonly end: string }> {
  const fraction = seededFractions(seed);
  const world = await createPipelineWorld(database);
  for (const kind of kinds) {
    const what = fraction();
    if (what < 0.3) world.host.loseNextAnswer(kind);
    else if (what < 0.4) world.host.failNext(kind, hiccup('unavailable'));
    else if (what < 0.5) world.host.failNext(kind, hiccup('rate_limited'));
  }
  const [end, prepare] = ends[Math.floor(fraction() * ends.length)] ?? [
    'in_review',
    () => undefined,
  ];
  prepare(world);
  await world.find('one');
  return { world, workflows: new Map(), fraction, end };
}

/** Time goes by for the process and, as the leases are judged by it, for the database too. */
async function pass({ clock }: PipelineWorld, ms: number): Promise<void> {
  clock.advance(ms);
  const by = sql`make_interval(secs => ${ms}::float8 / 1000)`;
  await sql`update effect_intents set lease_until = lease_until - ${by},
    first_empty_look_at = first_empty_look_at - ${by}
    where status in ('pending', 'sending', 'unknown')`.execute(database.kysely());
}

function clockOf(world: PipelineWorld): Clock {
  return {
    now: () => world.clock.now(),
    monotonicMs: () => world.clock.monotonicMs(),
    sleep: async (ms) => await pass(world, ms),
  };
}

/** Nobody needs a lease for longer than a step takes where no time passes meanwhile. */
function withoutHeartbeat(clock: Clock): Clock {
  return {
    ...clock,
    sleep: async (ms, signal) => {
      if (signal === undefined) return await clock.sleep(ms);
      await new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(new Error('ended')));
      });
    },
  };
}

interface Process {
  readonly ports: CyclePorts;
  readonly effects: EffectsOf<Transaction, EffectRequest>;
}

/** What a process opens on what the ones before it left. */
function open({ world, workflows }: Story, life: MortalLife): Process {
  const clock = clockOf(world);
  const tasks = createTaskStore(life.database);
  const host = life.of(world.host);
  const effects = createEffects<Transaction, EffectRequest>({
    database: life.database,
    open: kyselyOf,
    host: () => host,
    idOf: (request) => intentIdOf(repositoryKey(world.manager), request),
    keyOf: (repository) => repositoryKey(repository),
    markerKey: Buffer.alloc(32, 1),
    clock: withoutHeartbeat(clock),
    log: silentLog,
    allow: async () => ({ allowed: true }),
    audit: async ({ event, intent, facts }) => {
      if (event === 'effect.failed')
        await noteRefusedWrite({ tasks, clock }, intent, facts['message']);
    },
    isRepeatable: ({ kind }) => repeatableKinds.has(kind),
  });
  const ports: CyclePorts = {
    ...world.ports,
    clock,
    tasks,
    effects,
    host: () => host,
    findings: createFindingStore(life.database),
    runs: createRunStore(life.database),
    pauses: createPauseStore(life.database),
    suppressions: createSuppressionStore(life.database),
    earlier: createEarlierProposals(life.database),
    startAttempt: async (ref) => {
      await life.moment();
      const known = workflows.get(workflowIdOf(ref));
      if (known === undefined) {
        workflows.set(workflowIdOf(ref), { ref, steps: new Map(), isOver: false });
        return 'started';
      }
      if (!known.isOver) return 'waiting';
      await noteFailedStart(ports, ref, hiccup('unavailable'));
      return 'ended';
    },
    settleLeftovers: async () => {
      const { settled } = await effects.settleAll();
      const live = new Set(
        [...workflows.values()].filter(({ isOver }) => !isOver).map(({ ref }) => ref.taskId),
      );
      return settled + (await repairRuns(ports, async ({ taskId }) => live.has(taskId)));
    },
  };
  return { ports, effects };
}

/** As the engine does it: a step that was kept is not done again, a failure is kept like a result. */
async function drive(ports: CyclePorts, life: MortalLife, kept: Kept): Promise<void> {
  const { signal } = new AbortController();
  const step = async <T>(name: string, body: (signal: AbortSignal) => Promise<T>): Promise<T> => {
    let end = kept.steps.get(name);
    if (end === undefined) {
      end = await body(signal).then(
        (value) => ({ value }),
        (error: unknown) => ({ error: toAppError(error) }),
      );
      await life.moment();
      kept.steps.set(name, end);
    }
    if ('error' in end) throw end.error;
    return end.value as T;
  };
  await attemptWorkflow(ports, { step }, kept.ref).catch(() => undefined);
  await life.moment();
  kept.isOver = true;
}

/** Turns the loop until nothing is left to do. */
async function work(story: Story, life: MortalLife): Promise<void> {
  const { world, workflows } = story;
  const { ports } = open(story, life);
  const { signal } = new AbortController();
  for (let round = 0; round < 60; round += 1) {
    const { unpublished } = await runCycle(ports, [world.target], { scan: true, signal });
    approve(world);
    const waiting = [...workflows.values()].filter(({ isOver }) => !isOver);
    for (const kept of waiting) await drive(ports, life, kept);
    if (unpublished === 0 && waiting.length === 0 && (await isQuiet(ports))) return;
    await pass(world, 200_000);
  }
  throw new Error('it does not come to an end');
}

/** A person approves the proposal when it is there. */
function approve({ host, manager }: PipelineWorld): void {
  for (const { number, labels, state } of host.state(manager).issues.values()) {
    const isNew = state === 'open' && !labels.includes('approved-for-dev');
    const events = host.state(manager).events.get(number) ?? [];
    if (isNew && !events.some(({ actor }) => actor === 'ann'))
      host.label(manager, number, 'ann', 'approved-for-dev');
  }
}

async function isQuiet({ tasks }: CyclePorts): Promise<boolean> {
  const moving = await tasks.list({ states: ['proposed', 'approved', 'running'] });
  const { rows } = await sql<{ open: number }>`select count(*)::int as open from effect_intents
    where status in ('pending', 'sending', 'unknown')`.execute(database.kysely());
  return moving.length === 0 && rows[0]?.open === 0;
}

/** What came out, as the host and the stores have it. */
async function outcome({ world }: Story): Promise<unknown> {
  const made = Map.groupBy(
    world.host.journal.filter(({ outcome: one }) => one === 'made'),
    ({ kind, marker }) => `${kind} ${marker}`,
  );
  const tasks = await world.ports.tasks.list({});
  const runs = await Promise.all(tasks.map(async ({ id }) => await world.ports.runs.ofTask(id)));
  const { rows } = await sql<{ status: string }>`select distinct status from effect_intents
    order by status`.execute(database.kysely());
  return {
    states: tasks.map(({ state }) => state),
    ends: runs.flat().filter(({ outcome: one }) => one !== 'interrupted').length,
    unended: runs.flat().filter(({ endedAt }) => endedAt === null).length,
    twice: [...made].filter(([, all]) => all.length > 1).map(([what]) => what),
    proposals: world.host.state(world.manager).issues.size,
    pulls: world.host.state(world.target).pullRequests.size,
    intents: rows.map(({ status }) => status),
  };
}

/** Lives the story with a death at the moment; answers how many moments the first life had. */
async function lived(seed: number, dieAt: number): Promise<number> {
  const story = await begin(seed);
  const first = createMortalLife(database, dieAt);
  const isOver = await first.live(async () => await work(story, first));
  if (!isOver) {
    const second = createMortalLife(
      database,
      story.fraction() < 0.5 ? 1 + Math.floor(story.fraction() * first.moments()) : Infinity,
    );
    // Whoever comes next comes later than any lease lasts.
    await pass(story.world, 20_000);
    if (!(await second.live(async () => await work(story, second)))) {
      await pass(story.world, 20_000);
      const last = createMortalLife(database, Infinity);
      await last.live(async () => await work(story, last));
    }
  }
  expect(await outcome(story), `KILL_SEED=${seed}, death at moment ${dieAt}`).toEqual({
    states: [story.end],
    ends: 1,
    unended: 0,
    twice: [],
    proposals: 1,
    pulls: story.end === 'in_review' ? 1 : 0,
    intents: ['done'],
  });
  return first.moments();
}

describe('a process that dies at any moment', () => {
  const all = only === undefined ? Array.from({ length: seeds }, (_, n) => n + 1) : [Number(only)];
  test(`leaves nothing undone, nothing twice, and each approved task in one end, with ${all.length} seeds`, {
    timeout: 4 * 3_600_000,
  }, async () => {
    let deaths = 0;
    for (const seed of all) {
      const moments = await lived(seed, Infinity);
      expect(moments).toBeGreaterThan(20);
      for (let moment = 1 + (seed % stride); moment <= moments; moment += stride) {
        await lived(seed, moment);
        deaths += 1;
      }
    }
    if (process.env['KILL_SEEDS'] !== undefined)
      process.stdout.write(`${all.length} seeds, ${deaths} deaths of a first process\n`);
  });
});
