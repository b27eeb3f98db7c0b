import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/test-database.ts';
import { silentLog } from '../../lib/log.ts';
import { migrate } from '../database/migrate.ts';
import { createDurableClient, type DurableClient } from './client.ts';
import { durableMigrations } from './migrations.ts';

const program = fileURLToPath(
  new URL('../../../test/support/durable-worker-program.ts', import.meta.url),
);
const patience = { timeout: 120_000, interval: 50 };

let database: TestDatabase;
let client: DurableClient;
const workers: ChildProcess[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  await migrate(database, durableMigrations);
  await database.pool.query('create table marks (workflow text, what text, pid integer)');
  await database.pool.query('create table gates (workflow text primary key)');
  client = await createDurableClient({ databaseUrl: database.url }, { log: silentLog });
});
afterEach(async () => {
  await Promise.all(workers.splice(0).map(async (worker) => await kill(worker)));
});
afterAll(async () => {
  await client.close();
  await database.drop();
});

test('a workflow killed between steps goes on in a new process and repeats no finished step', async () => {
  const first = await startWorker();
  await client.start('gated', 'one', {}, { queue: 'work' });
  await marked('one', 'waiting', 1);
  await kill(first);
  await openGate('one');
  const second = await startWorker();
  await succeeded('one');
  expect(await marksOf('one')).toEqual([
    { what: 'first', pid: first.pid },
    { what: 'waiting', pid: first.pid },
    { what: 'waiting', pid: second.pid },
    { what: 'done', pid: second.pid },
  ]);
});

test('of three executors one dies and the others finish its work, each once', async () => {
  const three = await Promise.all([startWorker(), startWorker(), startWorker()]);
  const ids = Array.from({ length: 9 }, (_, index) => `of-three-${index}`);
  for (const id of ids) await client.start('gated', id, {}, { queue: 'work' });
  for (const id of ids) await marked(id, 'waiting', 1);
  const [held] = await marksOf('of-three-0');
  const victim = three.find((worker) => worker.pid === held?.pid);
  if (victim === undefined) throw new Error('nobody held the work');
  await kill(victim);
  await marked('of-three-0', 'waiting', 2);
  for (const id of ids) await openGate(id);
  for (const id of ids) await succeeded(id);
  for (const id of ids) {
    const what = (await marksOf(id)).map((mark) => mark.what);
    expect(what.filter((word) => word === 'first')).toHaveLength(1);
    expect(what.filter((word) => word === 'done')).toHaveLength(1);
  }
});

test('a shutdown leaves unfinished work to the next start, unfailed', async () => {
  const first = await startWorker();
  await client.start('gated', 'drained', {}, { queue: 'work' });
  await marked('drained', 'waiting', 1);
  first.kill('SIGTERM');
  await once(first, 'exit');
  expect(await client.status('drained')).toMatchObject({ state: 'running' });
  await openGate('drained');
  const second = await startWorker();
  expect(await succeeded('drained')).toMatchObject({ output: second.pid });
});

async function startWorker(): Promise<ChildProcess> {
  const worker = spawn(process.execPath, [program], {
    env: { ...process.env, DATABASE_URL: database.url },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  workers.push(worker);
  await once(worker.stdout, 'data');
  return worker;
}

async function kill(worker: ChildProcess): Promise<void> {
  if (worker.exitCode !== null || worker.signalCode !== null) return;
  worker.kill('SIGKILL');
  await once(worker, 'exit');
}

async function marksOf(workflow: string): Promise<readonly { what: string; pid: number }[]> {
  const found = await database.pool.query<{ what: string; pid: number }>(
    'select what, pid from marks where workflow = $1',
    [workflow],
  );
  return found.rows;
}

async function marked(workflow: string, what: string, times: number): Promise<void> {
  await vi.waitFor(async () => {
    const found = (await marksOf(workflow)).filter((mark) => mark.what === what);
    expect(found).toHaveLength(times);
  }, patience);
}

async function openGate(workflow: string): Promise<void> {
  await database.pool.query('insert into gates values ($1)', [workflow]);
}

async function succeeded(workflow: string): Promise<unknown> {
  return await vi.waitFor(async () => {
    const view = await client.status(workflow);
    expect(view).toMatchObject({ state: 'succeeded' });
    return view;
  }, patience);
}
