import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createManualClock, type ManualClock } from '../../test/fakes/manual-clock.ts';
import { createTestDatabase, type TestDatabase } from '../../test/support/test-database.ts';
import type { Actor } from '../domain/actor.ts';
import { silentLog } from '../lib/log.ts';
import { migrate } from '../platform/database/migrate.ts';
import { type Block, createBlocks } from '../platform/ratelimit/blocks.ts';
import { addressList } from '../platform/ratelimit/client-address.ts';
import { ratelimitMigrations } from '../platform/ratelimit/migrations.ts';
import type { GuardedCall, InputFlag } from './gate.ts';
import { createGuard, type GuardLimits } from './guard.ts';

let database: TestDatabase;
let clock: ManualClock;
let ids = 0;

beforeAll(async () => {
  database = await createTestDatabase();
  await migrate(database, ratelimitMigrations);
});
afterAll(async () => await database.drop());
beforeEach(async () => {
  clock = createManualClock();
  await database.pool.query('delete from client_blocks');
});

const usual: GuardLimits = {
  perMinute: 60,
  perMinuteOfAddress: 600,
  dashboardPerMinute: 1200,
  probesPerMinute: 600,
  violations: 3,
  probes: 5,
  blockMinutes: 30,
};

/** One process with its own memory on the one database. */
function process_(change: Partial<GuardLimits> = {}, more: { isOff?: () => boolean } = {}) {
  const recorded: Block[] = [];
  const told: string[] = [];
  const newId = (): string => `block-${(ids += 1)}`;
  const blocks = createBlocks({ database, clock, newId, log: silentLog });
  const guard = createGuard({
    limits: () => ({ ...usual, ...change }),
    neverBlocked: () => addressList(['192.0.2.0/24']),
    blocks,
    clock,
    log: { warn: (message) => void told.push(message) },
    record: async (block) => void recorded.push(block),
    ...more,
  });
  /** How many of so many calls went through. */
  const call = async (times: number, who: Partial<GuardedCall>): Promise<number> => {
    let through = 0;
    for (let one = 0; one < times; one += 1)
      through += (await guard.admit({ ...anonymous, ...who })) === null ? 1 : 0;
    return through;
  };
  const refusal = async (who: Partial<GuardedCall>) =>
    (await guard.admit({ ...anonymous, ...who }))?.error;
  return { guard, blocks, recorded, told, call, refusal };
}

const anonymous: GuardedCall = {
  operation: 'tasks.list',
  effect: 'read',
  actor: { kind: 'anonymous', name: 'anonymous' },
  door: 'http',
  clientId: '203.0.113.9',
  correlationId: 'c',
};
const token = (name: string): Actor => ({ kind: 'token', name, scopes: [], owner: 'ada' });
const ada: Actor = { kind: 'user', name: 'ada', roles: [], session: { id: 's', provenAtMs: 0 } };

describe('a client', () => {
  test('is told what is left of its minute, and the dashboard what is left of its own limit', async () => {
    const { guard, call } = process_();
    await call(2, {});
    clock.advance(1000);
    expect(guard.left?.(anonymous)).toEqual({ limit: 60, remaining: 58, resetSeconds: 59 });
    expect(guard.left?.({ ...anonymous, actor: ada })).toMatchObject({ limit: 1200 });
    const system: Actor = { kind: 'system', name: 'cycle' };
    expect(guard.left?.({ ...anonymous, actor: system })).toBeNull();
  });
  test('has 60 calls in any minute; the 61st is refused and told when to come again', async () => {
    const { call, refusal } = process_();
    expect(await call(60, {})).toBe(60);
    clock.advance(20_000);
    const error = await refusal({});
    expect(error).toMatchObject({ kind: 'rate_limited', code: 'rate_limited' });
    const { retryAfterSeconds, ...rest } = error?.details ?? {};
    expect(rest).toMatchObject({ limit: 60, remaining: 0 });
    expect(retryAfterSeconds).toBe(40);
    clock.advance(40_000);
    expect(await call(1, {})).toBe(1);
  });
  test('who said who they are is counted by that, wherever they come from; others behind the address are not held up', async () => {
    const { call } = process_();
    const half = { actor: token('a'), clientId: '198.51.100.1' };
    expect(await call(40, half)).toBe(40);
    expect(await call(40, { ...half, clientId: '198.51.100.2' })).toBe(20);
    expect(await call(40, { actor: token('b'), clientId: '198.51.100.1' })).toBe(40);
    expect(await call(10, { clientId: '198.51.100.1' })).toBe(10);
  });
  test('one address has a limit for all its clients together', async () => {
    const { call } = process_({ perMinuteOfAddress: 100 });
    expect(await call(60, { actor: token('a') })).toBe(60);
    expect(await call(60, { actor: token('b') })).toBe(40);
  });
  test('nobody wins addresses by moving about in their own /64', async () => {
    const { call } = process_({ perMinute: 5 });
    let through = 0;
    for (let host = 1; host <= 20; host += 1)
      through += await call(1, { clientId: `2001:db8:1:2::${host.toString(16)}` });
    expect(through).toBe(5);
    expect(await call(1, { clientId: '2001:db8:1:3::1' })).toBe(1);
  });
});

describe('a block', () => {
  test('follows the third refusal in ten minutes, for as long as configured, and is written down once', async () => {
    const { call, refusal, recorded, blocks } = process_({ perMinute: 1 });
    expect(await call(1, {})).toBe(1);
    expect((await refusal({}))?.code).toBe('rate_limited');
    expect((await refusal({}))?.code).toBe('rate_limited');
    expect((await refusal({}))?.code).toBe('rate_limited');
    expect(await refusal({})).toMatchObject({
      kind: 'rate_limited',
      code: 'client_blocked',
      details: { reason: 'rate_limit', retryAfterSeconds: 1800 },
    });
    expect(recorded).toMatchObject([{ subject: 'address:203.0.113.9', reason: 'rate_limit' }]);
    expect(await blocks.list()).toHaveLength(1);
    clock.advance(30 * 60_000 - 1000);
    expect((await refusal({}))?.code).toBe('client_blocked');
    clock.advance(1000);
    expect(await call(1, {})).toBe(1);
  });
  test('needs three refusals that lie within ten minutes', async () => {
    const { call, recorded } = process_({ perMinute: 1 });
    for (let round = 0; round < 6; round += 1) {
      expect(await call(2, {})).toBe(1);
      clock.advance(5 * 60_000);
    }
    expect(recorded).toEqual([]);
  });
  test('holds after a restart and in every other process, and a lift is seen by all', async () => {
    const first = process_({ perMinute: 1 });
    const second = process_();
    expect(await second.call(1, {})).toBe(1);
    await first.call(4, {});
    clock.advance(1001);
    expect((await second.refusal({}))?.code).toBe('client_blocked');
    const restarted = process_();
    expect((await restarted.refusal({}))?.code).toBe('client_blocked');
    const [lifted] = await restarted.blocks.lift('address:203.0.113.9', 'root');
    expect(lifted).toMatchObject({ subject: 'address:203.0.113.9' });
    expect(await restarted.call(1, {})).toBe(1);
    clock.advance(1001);
    expect(await second.call(1, {})).toBe(1);
    expect((await first.refusal({}))?.code).not.toBe('client_blocked');
    expect(await restarted.blocks.lift('address:203.0.113.9', 'root')).toEqual([]);
  });
  test('costs a blocked client no query and no entry, and is told to the log once a minute', async () => {
    const { guard, call, told } = process_({ perMinute: 1 });
    await call(5, {});
    const before = told.length;
    for (let one = 0; one < 50; one += 1) {
      const answer = guard.admit(anonymous);
      // The manual clock moves on with each reading; within a second nothing is asked of the database.
      const refusal = answer instanceof Promise ? await answer : answer;
      expect(refusal).toMatchObject({ isAudited: false, error: { code: 'client_blocked' } });
    }
    expect(told.length).toBe(before);
  });
  test('stands in memory when the database cannot be written, and says that it will not last', async () => {
    const { call, refusal, told } = process_({ perMinute: 1 });
    await call(1, {});
    await database.pool.query('alter table client_blocks rename to client_blocks_away');
    try {
      await call(3, {});
      expect((await refusal({}))?.code).toBe('client_blocked');
      clock.advance(60_000);
      expect((await refusal({}))?.code).toBe('client_blocked');
      expect(told).toContain('a block is not kept over a restart');
    } finally {
      await database.pool.query('alter table client_blocks_away rename to client_blocks');
    }
  });
});

describe('nothing of ours is limited or blocked', () => {
  test.each<[string, Partial<GuardedCall>]>([
    ['the scheduler', { actor: { kind: 'system', name: 'scheduler' } }],
    [
      'a delivery with a valid signature',
      { actor: { kind: 'system', name: 'webhooks' }, door: 'http' },
    ],
    [
      'the owner at the command line',
      {
        actor: { kind: 'command_line', name: 'root', isOwner: true },
        door: 'cli',
        clientId: 'local',
      },
    ],
  ])('%s', async (_name, who) => {
    const { call } = process_({ perMinute: 1, perMinuteOfAddress: 1 });
    expect(await call(50, who)).toBe(50);
  });
  test('the dashboard of a person reads with a limit of its own and is never blocked for being quick', async () => {
    const { call, refusal, recorded } = process_({ dashboardPerMinute: 200 });
    expect(await call(250, { actor: ada, effect: 'read' })).toBe(200);
    expect(await call(70, { actor: ada, effect: 'write' })).toBe(60);
    expect((await refusal({ actor: ada, effect: 'write' }))?.code).toBe('rate_limited');
    expect(recorded).toEqual([]);
  });
  test.each([
    ['this machine itself', '127.0.0.1'],
    ['an address on the list', '192.0.2.77'],
  ])('%s is limited and not blocked', async (_name, clientId) => {
    const { call, refusal, recorded } = process_({ perMinute: 2 });
    expect(await call(20, { clientId })).toBe(2);
    expect((await refusal({ clientId }))?.code).toBe('rate_limited');
    expect(recorded).toEqual([]);
  });
  test('what a proxy on this machine forwards is not this machine', async () => {
    const { call, recorded } = process_({ perMinute: 1 });
    await call(4, { clientId: '127.0.0.1 forwarded' });
    expect(recorded).toHaveLength(1);
  });
  test('probes have a limit of their own, apart from operations', async () => {
    const { guard, call } = process_({ probesPerMinute: 10 });
    const through = Array.from({ length: 20 }, () => guard.admitProbe('203.0.113.9')).filter(
      (refusal) => refusal === null,
    );
    expect(through).toHaveLength(10);
    expect(await call(60, {})).toBe(60);
  });
  test('without security nobody is', async () => {
    const { call } = process_({ perMinute: 1 }, { isOff: () => true });
    expect(await call(20, {})).toBe(20);
  });
});

describe('input that looks like an attack', () => {
  const flag = (digest: string, isFreeText = false): InputFlag => ({
    field: 'repo',
    kinds: ['sql-injection'],
    digest,
    isFreeText,
  });
  const suspects = (count: number, isFreeText = false): GuardedCall[] =>
    Array.from({ length: count }, (_, index) => ({
      ...anonymous,
      flags: [flag(String(index), isFreeText)],
    }));
  test('blocks whoever sends five different ones to fields with a grammar', async () => {
    const { guard, refusal, recorded } = process_();
    for (const call of suspects(4)) guard.suspect(call);
    expect(guard.suspects()).toEqual(new Map([['address:203.0.113.9', 4]]));
    expect(await refusal({})).toBeUndefined();
    for (const call of suspects(5)) guard.suspect(call);
    expect(await refusal({})).toMatchObject({ details: { reason: 'probing' } });
    await expect.poll(() => recorded.length).toBe(1);
  });
  test('never blocks for free text, however much of it there is', async () => {
    const { guard, refusal } = process_();
    for (const call of suspects(100, true)) guard.suspect(call);
    expect(await refusal({})).toBeUndefined();
  });
  test('sent again and again is one', async () => {
    const { guard, refusal } = process_();
    for (let one = 0; one < 50; one += 1) guard.suspect({ ...anonymous, flags: [flag('same')] });
    expect(await refusal({})).toBeUndefined();
  });
});
