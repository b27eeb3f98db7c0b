import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/test-database.ts';
import { AppError } from '../../lib/app-error.ts';
import { systemClock } from '../../lib/clock.ts';
import { silentLog } from '../../lib/log.ts';
import { systemRandom } from '../../lib/random.ts';
import { migrate } from '../database/migrate.ts';
import { createDurableClient } from './client.ts';
import { createDurableEngine, type DurableEngine } from './engine.ts';
import { durableMigrations } from './migrations.ts';

const deps = { clock: systemClock, random: systemRandom, log: silentLog };
const patience = { timeout: 120_000, interval: 20 };

let database: TestDatabase;
let engine: DurableEngine;

beforeAll(async () => {
  database = await createTestDatabase();
  await migrate(database, durableMigrations);
});
afterAll(async () => await database.drop());
beforeEach(() => {
  engine = createDurableEngine({ database, applicationVersion: 'test', pollMs: 50 }, deps);
});
afterEach(async () => await engine.shutdown({ drainMs: 0 }));

async function ended(id: string): Promise<unknown> {
  return await vi.waitFor(async () => {
    const view = await engine.status(id);
    expect(view?.state).toMatch(/succeeded|failed|canceled/);
    return view;
  }, patience);
}

test('the same workflow id starts once', async () => {
  const work = vi.fn(async () => 'done');
  engine.register('once', async (context) => await context.step('work', work));
  await engine.launch();
  await Promise.all([1, 2, 3].map(async () => await engine.start('once', 'same', null)));
  expect(await ended('same')).toMatchObject({ name: 'once', state: 'succeeded', output: 'done' });
  await engine.start('once', 'same', null);
  expect(work).toHaveBeenCalledTimes(1);
});

test('a second engine in the process is refused, and one after the shutdown is not', async () => {
  const build = () => createDurableEngine({ database, applicationVersion: 'test' }, deps);
  expect(build).toThrow(expect.objectContaining({ code: 'engine_already_running' }));
  await engine.shutdown({ drainMs: 0 });
  engine = build();
  engine.register('again', async (_context, name: string) => `hello ${name}`);
  await engine.launch();
  await engine.start('again', 'again-1', 'you');
  expect(await ended('again-1')).toMatchObject({ output: 'hello you' });
});

test('a queue holds back what is above its limit', async () => {
  let running = 0;
  let most = 0;
  engine.register('narrow', async (context) => {
    await context.step('work', async () => {
      running += 1;
      most = Math.max(most, running);
      await systemClock.sleep(30);
      running -= 1;
    });
  });
  engine.defineQueue('two', { perProcess: 2 });
  await engine.launch();
  const ids = [1, 2, 3, 4, 5].map((number) => `narrow-${number}`);
  for (const id of ids) await engine.start('narrow', id, null, { queue: 'two' });
  for (const id of ids) expect(await ended(id)).toMatchObject({ state: 'succeeded', queue: 'two' });
  expect(most).toBeLessThanOrEqual(2);
});

test('a step that fails is not retried, and its AppError reaches the workflow whole', async () => {
  const work = vi.fn(async () => {
    throw new AppError({ kind: 'conflict', code: 'head_moved', message: 'm', next: 'n' });
  });
  engine.register('failing', async (context) => {
    try {
      return await context.step('work', work);
    } catch (error) {
      return error instanceof AppError ? [error.kind, error.code, error.next] : 'another error';
    }
  });
  await engine.launch();
  await engine.start('failing', 'failing-1', null);
  expect(await ended('failing-1')).toMatchObject({ output: ['conflict', 'head_moved', 'n'] });
  expect(work).toHaveBeenCalledTimes(1);
});

test('a workflow that throws has failed, with its reason', async () => {
  engine.register('broken', async () => {
    throw new Error('out of paper');
  });
  await engine.launch();
  await engine.start('broken', 'broken-1', null);
  expect(await ended('broken-1')).toMatchObject({ state: 'failed', error: 'out of paper' });
  const failed = await engine.list({ states: ['failed'] });
  expect(failed.map((view) => view.id)).toEqual(['broken-1']);
});

test('a canceled workflow tells its running step', async () => {
  let began = false;
  let heard = false;
  engine.register('long', async (context) => {
    await context.step('work', async (signal) => {
      began = true;
      await systemClock.sleep(60_000, signal).catch(() => {
        heard = true;
      });
    });
  });
  await engine.launch();
  await engine.start('long', 'long-1', null);
  await vi.waitFor(() => expect(began).toBe(true), patience);
  await engine.cancel('long-1');
  expect(await ended('long-1')).toMatchObject({ state: 'canceled' });
  await vi.waitFor(() => expect(heard).toBe(true), patience);
});

test('scheduled work goes on after it failed once, and stops with the engine', async () => {
  let calls = 0;
  await engine.launch();
  engine.schedule('tick', 5, async () => {
    calls += 1;
    if (calls === 1) throw new Error('the first time');
  });
  await vi.waitFor(() => expect(calls).toBeGreaterThan(2), patience);
  await engine.shutdown({ drainMs: 0 });
  const atEnd = calls;
  await systemClock.sleep(30);
  expect(calls).toBe(atEnd);
});

test('an executor whose connection breaks takes its lock again and keeps its work', async () => {
  await engine.shutdown({ drainMs: 0 });
  const heard: string[] = [];
  const listeners = {
    onLost: () => void heard.push('lost'),
    onRegained: () => void heard.push('regained'),
  };
  engine = createDurableEngine({ database, applicationVersion: 'test', ...listeners }, deps);
  await engine.launch();
  await database.pool.query(
    `select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and application_name like 'cms-executor%'`,
  );
  await vi.waitFor(() => expect(heard).toEqual(['lost', 'regained']), patience);
  const rows = await database.pool.query('select from durable_executors where id = $1', [
    engine.executorId,
  ]);
  expect(rows.rowCount).toBe(1);
});

test('a launch that fails frees its place, so that another one can follow', async () => {
  await engine.shutdown({ drainMs: 0 });
  const bare = await createTestDatabase();
  const failing = createDurableEngine({ database: bare, applicationVersion: 'test' }, deps);
  await expect(failing.launch()).rejects.toThrow('durable_executors');
  await bare.drop();
  engine = createDurableEngine({ database, applicationVersion: 'test' }, deps);
  await engine.launch();
  expect(await engine.status('nothing')).toBeUndefined();
});

test('an engine at rest begins queued work at once, and what others queue when it is told', async () => {
  await engine.shutdown({ drainMs: 0 });
  const rest = { pollMs: 20, restMs: 3_600_000 };
  engine = createDurableEngine({ database, applicationVersion: 'test', ...rest }, deps);
  engine.register('rested', async () => 'done');
  engine.defineQueue('rest', { perProcess: 1 });
  await engine.launch();
  const client = await createDurableClient({ databaseUrl: database.url }, deps);
  for (const round of [1, 2]) {
    await systemClock.sleep(1200); // it rests when nothing has happened for a second
    await engine.start('rested', `own-${round}`, null, { queue: 'rest' });
    expect(await ended(`own-${round}`)).toMatchObject({ state: 'succeeded' });
    await systemClock.sleep(1200);
    await client.start('rested', `of-others-${round}`, null, { queue: 'rest' });
    engine.look();
    expect(await ended(`of-others-${round}`)).toMatchObject({ state: 'succeeded' });
  }
  await client.close();
});

test('who waits for work hears when a workflow begins, at once while one runs, and when it waits no more', async () => {
  const release = Promise.withResolvers<void>();
  const heard: string[] = [];
  engine.register('waited-for', async (context) => {
    await context.step('work', async () => await release.promise);
  });
  await engine.launch();
  const [patient, tired] = [new AbortController(), new AbortController()];
  const begun = engine.untilAtWork(patient.signal).then(() => heard.push('begun'));
  const calledOff = engine.untilAtWork(tired.signal).then(() => heard.push('called off'));
  expect(heard).toEqual([]);
  tired.abort();
  await calledOff;
  expect(heard).toEqual(['called off']);
  await engine.start('waited-for', 'waited-for-1', null);
  await begun;
  await engine.untilAtWork(patient.signal);
  expect(heard).toEqual(['called off', 'begun']);
  release.resolve();
  expect(await ended('waited-for-1')).toMatchObject({ state: 'succeeded' });
});
