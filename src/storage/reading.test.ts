import fc from 'fast-check';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../test/support/test-database.ts';
import type { TaskPageQuery, TaskSummary } from '../domain/ports/task-queries.ts';
import { taskStates } from '../domain/task.ts';
import { systemClock } from '../lib/clock.ts';
import { silentLog } from '../lib/log.ts';
import { migrate } from '../platform/database/migrate.ts';
import { createChangeFeed } from './change-feed.ts';
import { storageMigrations } from './migrations.ts';
import { createPauseStore } from './pause-store.ts';
import { createTaskQueries } from './task-queries.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  await migrate(database, storageMigrations);
  await seed(300);
});
afterAll(async () => database.drop());

const words = ['parser', 'timeout', 'socket', 'Straße', "o'clock"];
async function seed(size: number): Promise<void> {
  for (let n = 0; n < size; n += 1) {
    const name = n % 7 === 0 ? 'acme/widgets' : 'other/thing';
    const proposal = {
      title: `TODO in src/module-${n % 10}/file.ts: fix the ${words[n % words.length]}`,
      body: `It is about number${n} and \\ 100% of it.`,
      kind: n % 50 === 0 ? 'stale-issue' : 'todo',
      rankReasons: [],
    };
    await sql`insert into tasks (id, state, origin, target, target_key, proposal, rank, agent, base_branch, content_hash,
        attempt, created_at, updated_at, version)
      values (${n.toString(16).padStart(24, '0')}, ${taskStates[n % taskStates.length]}, '{}', ${JSON.stringify({ host: 'github', name })}::jsonb,
        ${`github:${name}`}, ${JSON.stringify(proposal)}::jsonb, ${(n * 31) % 4}, 'a', 'main', 'h', 0,
        timestamptz '2026-01-01' + ${n % 20} * interval '1 microsecond', timestamptz '2026-01-01' + ${(n * 7) % 30} * interval '1 microsecond', 1)`.execute(
      database.kysely(),
    );
  }
}

const now = new Date('2026-06-01T00:00:00Z');
const queries = () => createTaskQueries(database, { now: () => now });
const base: TaskPageQuery = { snoozed: 'any', sort: 'rank', limit: 1000, now };
const found = async (query: Partial<TaskPageQuery>): Promise<readonly TaskSummary[]> =>
  (await queries().page({ ...base, ...query })).items;

describe('pages of tasks', () => {
  test('of any size, order and filter hold together what one page would hold, in the same order, each once', async () => {
    const anyQuery = fc.record({
      sort: fc.constantFrom('rank', 'oldest', 'newest', 'updated'),
      limit: fc.integer({ min: 1, max: 90 }),
      states: fc.option(fc.subarray([...taskStates], { minLength: 1 }), { nil: undefined }),
      target: fc.option(fc.constant({ host: 'github', name: 'acme/widgets' }), { nil: undefined }),
    });
    await fc.assert(
      fc.asyncProperty(anyQuery, async ({ sort, limit, states, target }) => {
        const query = {
          ...base,
          sort,
          ...(states === undefined ? {} : { states }),
          ...(target === undefined
            ? {}
            : { target: { host: 'github', name: target.name } as const }),
        };
        const whole = await queries().page(query);
        expect(whole.next).toBeNull();
        const parts: string[] = [];
        for (let after: string | null = ''; after !== null; ) {
          const page: Awaited<ReturnType<ReturnType<typeof queries>['page']>> =
            await queries().page({
              ...query,
              limit,
              ...(after === '' ? {} : { after }),
            });
          parts.push(...page.items.map(({ id }) => id));
          after = page.next;
        }
        expect(parts).toEqual(whole.items.map(({ id }) => id));
      }),
      { numRuns: 40 },
    );
  });
  test('a cursor that is none, or of another order, is refused by name', async () => {
    const { next } = await queries().page({ ...base, limit: 5 });
    for (const after of ['x', '', 'bnVsbA', next ?? ''])
      await expect(queries().page({ ...base, sort: 'updated', after })).rejects.toMatchObject({
        kind: 'invalid_input',
        code: 'cursor_invalid',
      });
  });
  test('counts equal what the lists hold', async () => {
    const { states } = await queries().counts({ within: ['ACME/*'] });
    const listed = await found({ target: { host: 'github', name: 'acme/widgets' } });
    expect(Object.values(states).reduce((sum, count) => sum + count, 0)).toBe(listed.length);
    expect(states.proposed).toBe(listed.filter(({ state }) => state === 'proposed').length);
    expect(await found({ within: ['acme'] })).toEqual([]);
    expect((await found({ within: ['*/thing', 'acme/w?dgets'] })).length).toBe(300);
  });
});

describe('search', () => {
  test.each([
    ['parser', 60],
    ['PARS', 60],
    ['src/module-3 fix', 30],
    ['number17', 11],
    ['fix number17', 11],
    ['straß', 60],
    ["o'clock", 60],
    ['nothing of it', 0],
    ['100%', 300],
    ["' | !x:* <-> \\", 0],
    ['###', 300],
  ])('for %j finds %i', async (text, count) => {
    expect((await found({ text })).length).toBe(count);
  });
  test('whatever is typed is an answer, never an error', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 40 }), async (text) => {
        expect(Array.isArray(await found({ text, limit: 1 }))).toBe(true);
      }),
      { numRuns: 100 },
    );
  });
});

test('a snoozed task waits for nobody until its time', async () => {
  const id = '000000000000000000000000';
  await queries().snooze(id, new Date('2026-06-02T00:00:00Z'));
  expect((await found({ snoozed: 'only' })).map((task) => task.id)).toEqual([id]);
  expect((await found({ snoozed: 'hide' })).length).toBe(299);
  expect((await queries().counts({})).snoozed).toBe(1);
  expect(await found({ snoozed: 'only', now: new Date('2026-06-03T00:00:00Z') })).toEqual([]);
  await queries().snooze(id, null);
  expect(await found({ snoozed: 'only' })).toEqual([]);
});

describe('the feed of changes', () => {
  const feed = () => createChangeFeed(database, { clock: systemClock, log: silentLog });
  const touch = async (id: string): Promise<void> => {
    await sql`update tasks set note = ${id} where id = ${id}`.execute(database.kysely());
  };

  test('tells what was committed after the cursor, in order, and nothing twice', async () => {
    const start = await feed().latest();
    const ids = ['1', '2', '3'].map((end) => end.padStart(24, '0'));
    for (const id of ids) await touch(id);
    const first = await feed().since(start, 2);
    const second = await feed().since(first.next, 2);
    expect([...first.changes, ...second.changes].map(({ id }) => id)).toEqual(ids);
    expect(await feed().since(second.next, 2)).toMatchObject({ changes: [], reset: false });
  });
  test('a change that commits late is not lost behind a cursor that went on', async () => {
    const start = await feed().latest();
    const slow = await database.pool.connect();
    await slow.query('begin');
    await slow.query(`update tasks set note = 'slow' where id = $1`, ['4'.padStart(24, '0')]);
    await touch('5'.padStart(24, '0'));
    const before = await feed().since(start, 100);
    await slow.query('commit');
    slow.release();
    const after = await feed().since(before.next, 100);
    expect(
      [...before.changes, ...after.changes]
        .map(({ id }) => id.at(-1))
        .sort((a, b) => ((a ?? '') < (b ?? '') ? -1 : 1)),
    ).toEqual(['4', '5']);
  });
  test('what is rolled back is not told', async () => {
    const start = await feed().latest();
    const client = await database.pool.connect();
    await client.query('begin');
    await client.query('update tasks set note = id');
    await client.query('rollback');
    client.release();
    expect((await feed().since(start, 100)).changes).toEqual([]);
  });
  test('a cursor from before what was forgotten, or of another database, asks to read everything again', async () => {
    const start = await feed().latest();
    await touch('6'.padStart(24, '0'));
    expect(await feed().prune(new Date('2100-01-01T00:00:00Z'))).toBeGreaterThan(0);
    expect((await feed().since(start, 10)).reset).toBe(true);
    expect((await feed().since('999999999999-0', 10)).reset).toBe(true);
    expect((await feed().since('no cursor', 10)).reset).toBe(true);
    expect((await feed().since(await feed().latest(), 10)).reset).toBe(false);
  });
  test('wakes who watches when another connection writes, also after its own was cut', async () => {
    let calls = 0;
    let wake: () => void = () => undefined;
    const stop = feed().watch(() => {
      calls += 1;
      wake();
    });
    const woken = async (): Promise<void> => new Promise((resolve) => (wake = resolve));
    await woken();
    const cut = sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'claude-manager changes'`;
    await cut.execute(database.kysely());
    const again = woken();
    await createPauseStore(database).pause(null, 'maria', new Date());
    await again;
    await stop();
    const before = calls;
    await touch('7'.padStart(24, '0'));
    expect(calls).toBe(before);
  });
});
