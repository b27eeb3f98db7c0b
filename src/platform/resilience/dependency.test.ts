import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/test-database.ts';
import { AppError } from '../../lib/app-error.ts';
import { systemClock } from '../../lib/clock.ts';
import { systemRandom } from '../../lib/random.ts';
import { migrate } from '../database/migrate.ts';
import {
  type BreakerTables,
  breakerStates,
  createBreakers,
  resilienceMigrations,
} from './breakers.ts';
import { createDependency, type Dependency, type DependencyPolicy } from './dependency.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  await migrate(database, resilienceMigrations);
});
afterAll(async () => database.drop());

let name = '';
beforeEach(() => {
  name = `service-${systemRandom.uuid()}`;
});
const breaker = { failureRatio: 0.5, windowMs: 30_000, minimumCalls: 10, openMs: 60_000 };
const db = () => database.kysely<BreakerTables>();
const made = (policy: Partial<DependencyPolicy> = {}): Dependency =>
  createDependency(
    name,
    { breaker, ...policy },
    {
      breakers: createBreakers({ db: db(), clock: systemClock }),
      clock: systemClock,
      random: systemRandom,
    },
  );
const away = async (): Promise<never> => {
  throw new AppError({ kind: 'unavailable', code: 'away', message: 'Away.' });
};
const codeOf = async (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'ok',
    (error: unknown) => (error as AppError).code,
  );
const open = async (): Promise<readonly string[]> =>
  (await breakerStates(db(), new Date()))
    .filter((one) => one.state === 'open' && one.name.startsWith(name))
    .map((one) => one.name);

test('only what may run twice is repeated', async () => {
  const dependency = made({ retry: { attempts: 3, baseMs: 1 } });
  let calls = 0;
  const fails = async (): Promise<never> => {
    calls += 1;
    return away();
  };
  expect(await codeOf(dependency.run(fails))).toBe('away');
  expect(calls).toBe(1);
  expect(await codeOf(dependency.run(fails, { mayRepeat: true }))).toBe('away');
  expect(calls).toBe(4);
});

test('a call past its deadline is ended, and counts against the dependency', async () => {
  const dependency = made({ timeoutMs: 5 });
  const never = (): Promise<never> => new Promise(() => undefined);
  for (let calls = 0; calls < 10; calls += 1)
    expect(await codeOf(dependency.run(never))).toBe('deadline_passed');
  expect(await codeOf(dependency.run(never))).toBe('circuit_open');
});

test('more than fit are refused, and that says nothing against the dependency', async () => {
  const dependency = made({ bulkhead: { inFlight: 1, waiting: 1 } });
  const held = Promise.withResolvers<string>();
  const two = [dependency.run(() => held.promise), dependency.run(() => held.promise)];
  const more = await Promise.all(
    Array.from({ length: 20 }, () => codeOf(dependency.run(async () => 'x'))),
  );
  expect(new Set(more)).toEqual(new Set(['too_busy']));
  held.resolve('done');
  expect(await Promise.all(two)).toEqual(['done', 'done']);
  expect(await open()).toEqual([]);
});

test('a place that fails alone is left alone; where all places fail, so is the whole', async () => {
  const dependency = made();
  const at = (place: string, call: () => Promise<unknown>) =>
    codeOf(dependency.run(call, { place }));
  for (let calls = 0; calls < 30; calls += 1) {
    await at('bad', away);
    expect(await at('good', async () => 'fine')).toBe('ok');
  }
  expect(await open()).toEqual([`${name} bad`]);
  for (let calls = 0; calls < 60; calls += 1) await at(`bad-${calls % 20}`, away);
  expect(await open()).toContain(name);
  expect(await at('good', async () => 'fine')).toBe('circuit_open');
});
