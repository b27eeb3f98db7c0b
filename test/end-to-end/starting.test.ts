import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { systemClock } from '../../src/lib/clock.ts';
import { silentLog } from '../../src/lib/log.ts';
import { systemRandom } from '../../src/lib/random.ts';
import { type Database, openDatabase } from '../../src/platform/database/database.ts';
import { startRole } from '../support/fleet.ts';
import { createGithubLoop, type GithubLoop, manager } from '../support/github-loop.ts';

const patience = { timeout: 180_000, interval: 200 };
/** PENDING_INTENTS for more: 10,000 by hand. */
const pending = Number(process.env['PENDING_INTENTS'] ?? '200');

let loop: GithubLoop;
let database: Database;
beforeAll(async () => {
  loop = await createGithubLoop({
    targets: { widgets: { 'a.js': '// TODO: handle the empty list\nexport const a = 1;\n' } },
    database: null,
    config: { github: { managerRepo: manager, reposToScan: ['acme/widgets'], pollSeconds: 3600 } },
  });
  await loop.once();
  const dataDir = join(loop.service.folder, 'data');
  const deps = { clock: systemClock, random: systemRandom, log: silentLog };
  database = await openDatabase({ dataDir }, { ...deps, searchPath: process.env['PATH'] });
}, 420_000);
afterAll(async () => {
  await database?.close();
  await loop.close();
});

const one = async <T>(statement: string): Promise<T> => {
  const { rows } = await database.pool.query<{ value: T }>(statement);
  const [row] = rows;
  if (row === undefined) throw new Error(`no row: ${statement}`);
  return row.value;
};
/** Which rows stand in which table, by the transactions that wrote them. */
const rowsThatStand = async (): Promise<Readonly<Record<string, string>>> => {
  const { rows } = await database.pool.query<{ table: string }>(
    `select format('%I.%I', schemaname, tablename) as table from pg_tables
      where schemaname not in ('pg_catalog', 'information_schema')`,
  );
  const found: Record<string, string> = {};
  for (const { table } of rows) {
    const all = `string_agg(xmin || ' ' || ctid, ',' order by ctid)`;
    found[table] = await one(`select coalesce(md5(${all}), '') as value from ${table}`);
  }
  return found;
};

test('a data folder has one service: a second one ends with who the first is, and writes no row', async () => {
  const first = await startRole(loop.service, 'all', { port: true });
  try {
    await systemClock.sleep(1500);
    // So that what is written meanwhile is the second one's.
    first.signal('SIGSTOP');
    await systemClock.sleep(1500);
    const before = await rowsThatStand();
    const began = systemClock.monotonicMs();
    const second = await loop.service.run(['start', '--port', '0']);
    const tookMs = systemClock.monotonicMs() - began;
    expect(second.exitCode).toBe(4);
    expect(second.json).toMatchObject({
      error: {
        code: 'service_already_running',
        message: expect.stringContaining(String(first.pid)),
      },
    });
    expect(await rowsThatStand()).toEqual(before);
    process.stdout.write(`a second service ended after ${Math.round(tookMs)} ms\n`);
  } finally {
    first.signal('SIGCONT');
    await first.end('SIGTERM');
  }
});

test(`a service with ${pending} writes to make is ready before it has made them, and makes them`, async () => {
  const [proposal] = loop.proposals();
  const task = await one<string>('select id as value from tasks limit 1');
  await database.pool.query(
    `insert into effect_intents (id, task_id, request)
      select md5('pending' || n), $1, jsonb_build_object('kind', 'comment', 'taskId', $1::text, 'attempt', 0,
        'ordinal', n, 'repository', jsonb_build_object('host', 'github', 'name', $2::text),
        'payload', jsonb_build_object('number', $3::int, 'body', 'word ' || n))
      from generate_series(1, $4::int) as n`,
    [task, manager, proposal?.number, pending],
  );
  const open = async (): Promise<number> =>
    Number(
      await one<string>(`select count(*) as value from effect_intents where status <> 'done'`),
    );
  let readyMs = 0;
  const began = systemClock.monotonicMs();
  const service = await startRole(loop.service, 'all', { port: true });
  try {
    const ready = await fetch(`${service.address()}/readyz`);
    readyMs = systemClock.monotonicMs() - began;
    expect(ready.status).toBe(200);
    expect(await open()).toBeGreaterThan(pending / 2);
    await vi.waitFor(async () => expect(await open()).toBeLessThan(pending - 2), patience);
    expect(loop.emulator.journal.duplicates()).toEqual([]);
    expect(loop.emulator.journal.violations()).toEqual([]);
  } finally {
    await service.end('SIGKILL');
  }
  process.stdout.write(`ready with ${pending} pending writes after ${Math.round(readyMs)} ms\n`);
});
