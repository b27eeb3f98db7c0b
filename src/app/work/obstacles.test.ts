import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createManualClock } from '../../../test/fakes/manual-clock.ts';
import { createTestDatabase, type TestDatabase } from '../../../test/support/test-database.ts';
import { createStanding } from '../../integrations/github/credentials/standing.ts';
import { createDatabaseGovernorState } from '../../integrations/github/governor/database-state.ts';
import { createGovernor } from '../../integrations/github/governor/governor.ts';
import { type GithubTables, githubMigrations } from '../../integrations/github/tables.ts';
import { AppError } from '../../lib/app-error.ts';
import { systemRandom } from '../../lib/random.ts';
import { migrate } from '../../platform/database/migrate.ts';
import {
  type BreakerTables,
  createBreakers,
  resilienceMigrations,
} from '../../platform/resilience/breakers.ts';
import { storageMigrations } from '../../storage/migrations.ts';
import { createStartObstacles, type MachineObstacle } from '../../storage/start-obstacles.ts';
import { createObstacles } from './obstacles.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  await migrate(database, [...githubMigrations, ...resilienceMigrations, ...storageMigrations]);
});
afterAll(async () => database.drop());

const clock = createManualClock();
let token = '';
let machine: readonly MachineObstacle[] = [];
beforeEach(() => {
  // Rows of the test before speak of things of its own.
  token = `TOKEN_${systemRandom.uuid()}`;
  machine = [];
});
const target = { host: 'github', name: 'Acme/Widgets' } as const;
const manager = { host: 'github', name: 'acme/manager' } as const;
const local = { host: 'local', name: '/srv/widgets' } as const;
const trip = { failureRatio: 0.5, windowMs: 30_000, minimumCalls: 3, openMs: 60_000 };

const obstacles = (here: (() => readonly MachineObstacle[]) | null = () => machine) =>
  createObstacles({
    database,
    stored: createStartObstacles(database),
    clock,
    credentialOf: () => token,
    gitHost: 'github.example',
    here,
  });
const ahead = async (agent: string | null = 'claude-code') =>
  obstacles().inTheWay({ target, manager, agent });
const breakers = () => createBreakers({ db: database.kysely<BreakerTables>(), clock });
const breaks = async (name: string): Promise<void> => {
  const guarded = breakers().get(name, trip);
  const down = new AppError({ kind: 'unavailable', code: 'down', message: 'Down.' });
  for (let calls = 0; calls < 3; calls += 1)
    await guarded(() => Promise.reject(down)).catch(() => undefined);
};
/** Until the breaker lets one call through, which is well. */
const mends = async (name: string): Promise<void> => {
  clock.advance(61_000);
  await breakers().get(name, trip)(async () => undefined);
};

test('nothing is in the way of a well service', async () => {
  expect(await ahead()).toBeNull();
});

test.each([
  'github',
  'github acme/widgets',
  'github acme/manager',
  'git github.example',
  'git github.example acme/widgets',
])('the open breaker of %s holds back what goes there, until it is tried again', async (name) => {
  await breaks(name);
  expect(await ahead()).toMatchObject({
    code: 'breaker_open',
    text: expect.stringContaining(`${name} failed too often`),
  });
  expect(await obstacles().inTheWay({ target: local, manager: local, agent: 'a' })).toBeNull();
  await mends(name);
  expect(await ahead()).toBeNull();
});

test('an agent whose service is away holds back its own tasks only', async () => {
  await breaks('agent claude-code');
  expect(await ahead()).toMatchObject({ code: 'agent_breaker_open' });
  expect(await ahead('codex')).toBeNull();
  expect(await ahead(null)).toBeNull();
  await mends('agent claude-code');
});

test('a suspended credential is named with what lifts it', async () => {
  const db = database.kysely<GithubTables>();
  const state = createDatabaseGovernorState(db, token);
  await state.change(token, (budget) => ({ budget, answer: undefined }));
  const standing = createStanding(token, { db, clock, onSuspended: () => undefined });
  for (let times = 0; times < 3; times += 1) await standing.refused('fingerprint');
  expect(await ahead()).toMatchObject({
    code: 'credential_suspended',
    text: expect.stringContaining(`credentials lift "${token}"`),
  });
});

test('a limit of GitHub holds starts back to the second', async () => {
  const state = createDatabaseGovernorState(database.kysely<GithubTables>(), token);
  const governor = createGovernor({ credential: token, state, clock, random: systemRandom });
  const read = { lane: 'follow', write: false, createsContent: false } as const;
  const limited = { status: 429, headers: { 'retry-after': '3600' }, text: '' };
  await expect(governor.run(read, async () => limited)).rejects.toMatchObject({
    code: 'github_rate_limited',
  });
  expect(await ahead()).toMatchObject({
    code: 'rate_limited',
    text: expect.stringMatching(/to wait until \d{4}-.*Z\.$/u),
  });
  await state.change(token, (budget, now) => ({
    budget: { ...budget, pausedUntil: now ?? 0 },
    answer: undefined,
  }));
  expect(await ahead()).toBeNull();
});

test('what is missing on a working machine is known to a process that only looks, for a while', async () => {
  const missing = { code: 'dependency_missing', text: 'Install bubblewrap.' } as const;
  machine = [{ ...missing, spares: null }];
  const looking = obstacles(null);
  const work = { target, manager, agent: 'claude-code' };
  expect(await looking.inTheWay(work)).toBeNull();
  const working = obstacles();
  expect(await working.inTheWay(work)).toEqual(missing);
  expect(await looking.inTheWay(work)).toEqual(missing);
  expect(await working.inTheWay({ ...work, agent: null })).toBeNull();
  clock.advance(121_000);
  expect(await looking.inTheWay(work)).toBeNull();
  await working.inTheWay(work);
  machine = [];
  await working.inTheWay(work);
  expect(await looking.inTheWay(work)).toBeNull();
});

test('what spares one agent holds every other one, in a process that only looks too, and what it spares is held by the rest', async () => {
  const alone = { code: 'dependency_missing', text: 'Only the demo runs here.' } as const;
  const tight = { code: 'memory_tight', text: 'Too much memory.' } as const;
  machine = [{ ...alone, spares: 'demo' }];
  const [working, looking] = [obstacles(), obstacles(null)];
  const held = async (agent: string) =>
    await Promise.all(
      [working, looking].map((one) => one.inTheWay({ target: local, manager: local, agent })),
    );
  await working.inTheWay({ target: local, manager: local, agent: 'codex' });
  expect(await held('codex')).toEqual([alone, alone]);
  expect(await held('demo')).toEqual([null, null]);
  machine = [
    { ...alone, spares: 'demo' },
    { ...tight, spares: null },
  ];
  await working.inTheWay({ target: local, manager: local, agent: 'codex' });
  expect(await held('codex')).toEqual([alone, alone]);
  expect(await held('demo')).toEqual([tight, tight]);
  machine = [];
  await working.inTheWay({ target: local, manager: local, agent: 'codex' });
  expect(await held('codex')).toEqual([null, null]);
});
