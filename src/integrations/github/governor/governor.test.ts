import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createManualClock } from '../../../../test/fakes/manual-clock.ts';
import { createSkippingClock } from '../../../../test/support/skipping-clock.ts';
import { createTestDatabase, type TestDatabase } from '../../../../test/support/test-database.ts';
import { AppError } from '../../../lib/app-error.ts';
import { type Clock, systemClock } from '../../../lib/clock.ts';
import { systemRandom } from '../../../lib/random.ts';
import { migrate } from '../../../platform/database/migrate.ts';
import { type GithubTables, githubMigrations } from '../tables.ts';
import { type AnswerHead, observe } from './answers.ts';
import { readBudgetsLeft } from './budget-left.ts';
import { createDatabaseGovernorState } from './database-state.ts';
import { createGovernor } from './governor.ts';
import type { GovernorDeps } from './governor-deps.ts';
import { createMemoryGovernorState } from './governor-state.ts';
import { type Demand, type Lane, lanes } from './lanes.ts';
import {
  type Asking,
  emptyBudget,
  forgotten,
  githubLimits,
  lend,
  permit,
  release,
} from './limits.ts';
import { waitingFrom } from './waiting.ts';

const patience = { timeout: 120_000 };
const read: Demand = { lane: 'follow', write: false, createsContent: false };
const create: Demand = { lane: 'person', write: true, createsContent: true };
const asks = (id: string, now: number, owner = 'me'): Asking => ({ id, owner, now });
const fine: AnswerHead = { status: 200, headers: {}, text: '' };

interface Sent {
  readonly at: number;
  readonly demand: Demand;
}

/** Sends each demand as soon as it may go, on a clock of whole milliseconds. */
function replay(demands: readonly Demand[]): readonly Sent[] {
  let budget = emptyBudget;
  let now = 1_000_000;
  return demands.map((demand, n) => {
    for (;;) {
      const verdict = permit(budget, demand, asks(`p${n}`, now), githubLimits);
      if (verdict.granted) {
        budget = release(verdict.budget, `p${n}`, now + 5);
        return { at: now, demand };
      }
      now += Math.ceil(verdict.waitMs);
    }
  });
}

function most(times: readonly { at: number; weight: number }[], widthMs: number): number {
  let highest = 0;
  let first = 0;
  let sum = 0;
  for (const one of times) {
    sum += one.weight;
    for (
      let old = times[first];
      old !== undefined && old.at <= one.at - widthMs;
      old = times[first]
    ) {
      sum -= old.weight;
      first += 1;
    }
    highest = Math.max(highest, sum);
  }
  return highest;
}

describe('the limits', () => {
  const demands = fc.record({
    lane: fc.constantFrom(...lanes),
    write: fc.boolean(),
    createsContent: fc.boolean(),
  });

  test('no window of a long replay holds more than GitHub allows', () => {
    fc.assert(
      fc.property(fc.array(demands, { minLength: 400, maxLength: 1500 }), (list) => {
        const sent = replay(
          list.map((one) => ({ ...one, createsContent: one.write && one.createsContent })),
        );
        const points = sent.map(({ at, demand }) => ({ at, weight: demand.write ? 5 : 1 }));
        const content = sent
          .filter(({ demand }) => demand.createsContent)
          .map(({ at }) => ({ at, weight: 1 }));
        const writes = sent.filter(({ demand }) => demand.write).map(({ at }) => at);
        const gaps = writes.slice(1).map((at, n) => at - (writes[n] ?? 0));
        expect(most(points, 60_000)).toBeLessThanOrEqual(900);
        expect(most(content, 60_000)).toBeLessThanOrEqual(80);
        expect(most(content, 3_600_000)).toBeLessThanOrEqual(500);
        expect(Math.min(1000, ...gaps)).toBeGreaterThanOrEqual(1000);
      }),
      { numRuns: 5 },
    );
  });

  test('eighty creations a minute and five hundred an hour are the ceiling', () => {
    const sent = replay(Array.from({ length: 700 }, () => create));
    const content = sent.map(({ at }) => ({ at, weight: 1 }));
    expect(most(content, 3_600_000)).toBe(500);
    expect(most(content, 60_000)).toBeLessThanOrEqual(80);
  });

  test('a thousand proposals leave room for an approved pull request', () => {
    let budget = emptyBudget;
    let now = 0;
    const propose = { ...create, lane: 'propose' } as const;
    for (let n = 0; n < 1000; n += 1) {
      const verdict = permit(budget, propose, asks('p', now), githubLimits);
      if (!verdict.granted && verdict.why === 'content') break;
      if (verdict.granted) budget = release(verdict.budget, 'p', now);
      now += 1000;
    }
    expect(permit(budget, propose, asks('p', now), githubLimits).granted).toBe(false);
    const deliver = { ...create, lane: 'deliver' } as const;
    expect(permit(budget, deliver, asks('d', now), githubLimits).granted).toBe(true);
  });

  test('the eleventh request waits, and the permit of a dead process comes back', () => {
    let budget = emptyBudget;
    const person = { ...read, lane: 'person' } as const;
    for (let n = 0; n < 10; n += 1) {
      const verdict = permit(budget, person, asks(`p${n}`, 0), githubLimits);
      if (verdict.granted) budget = verdict.budget;
    }
    expect(permit(budget, person, asks('x', 1), githubLimits)).toMatchObject({ why: 'in_flight' });
    const later = asks('x', githubLimits.leaseMs + 1);
    expect(permit(budget, person, later, githubLimits).granted).toBe(true);
  });

  test('a clock that is put back by a day holds nothing back for a day', () => {
    const day = 86_400_000;
    const write = { lane: 'deliver', write: true, createsContent: true } as const;
    const first = permit(emptyBudget, write, { id: 'a', owner: 'x', now: day }, githubLimits);
    const held = first.granted ? first.budget : emptyBudget;
    const ended = release(held, 'a', day + 500);
    for (const budget of [held, ended]) {
      const now = 1000;
      const early = permit(budget, write, { id: 'b', owner: 'x', now }, githubLimits);
      const waitMs = early.granted ? 0 : early.waitMs;
      expect(waitMs).toBeLessThanOrEqual(githubLimits.writeGapMs);
      const later = forgotten(budget, now);
      const asking = { id: 'b', owner: 'x', now: now + githubLimits.writeGapMs };
      expect(permit(later, write, asking, githubLimits).granted).toBe(true);
    }
  });
  test('lanes behind leave slots for those in front', () => {
    let budget = emptyBudget;
    let went = 0;
    for (;;) {
      const verdict = permit(
        budget,
        { ...read, lane: 'propose' },
        asks(`p${went}`, 0),
        githubLimits,
      );
      if (!verdict.granted) break;
      budget = verdict.budget;
      went += 1;
    }
    expect(went).toBe(7);
    expect(permit(budget, { ...read, lane: 'person' }, asks('x', 1), githubLimits).granted).toBe(
      true,
    );
  });

  test('reads that were lent count in no window more than GitHub allows, however late they are sent', () => {
    const lends = fc.record({
      lane: fc.constantFrom(...lanes),
      wanted: fc.integer({ min: 1, max: 30 }),
      /** Share of the block that is sent, and of its time at which they are. */
      sent: fc.double({ min: 0, max: 1, noNaN: true }),
      late: fc.double({ min: 0, max: 1, noNaN: true }),
      gapMs: fc.integer({ min: 0, max: 400 }),
    });
    fc.assert(
      fc.property(fc.array(lends, { minLength: 300, maxLength: 600 }), (list) => {
        let budget = emptyBudget;
        let now = 1_000_000;
        const sent: { at: number; weight: number }[] = [];
        list.forEach(({ lane, wanted, sent: part, late, gapMs }, n) => {
          now += gapMs;
          const lent = lend(budget, lane, wanted, asks(`b${n}`, now), githubLimits);
          if (!lent.granted) return;
          expect(lent.slots).toBeGreaterThan(0);
          const at = now + Math.floor(late * (githubLimits.block.spendMs - 1));
          const reads = Math.floor(part * lent.reads);
          for (let read = 0; read < reads; read += 1) sent.push({ at, weight: 1 });
          budget = release(lent.budget, `b${n}`, at, { reads, lastMs: at });
        });
        sent.sort((a, b) => a.at - b.at);
        expect(most(sent, 60_000)).toBeLessThanOrEqual(900);
      }),
      { numRuns: 20 },
    );
  });

  test('a process in an earlier lane goes first when both may, and one that died keeps nobody', () => {
    const of = (lane: Lane) => ({ ...create, lane });
    const budget = { ...emptyBudget, waiting: [waitingFrom('other', of('person'), 3, 1000)] };
    expect(permit(budget, of('propose'), asks('a', 1001), githubLimits)).toMatchObject({
      why: 'lane',
    });
    expect(permit(budget, of('person'), asks('a', 1001), githubLimits).granted).toBe(true);
    expect(permit(budget, of('propose'), asks('a', 1001, 'other'), githubLimits).granted).toBe(
      true,
    );
    expect(
      permit(budget, { ...read, lane: 'propose' }, asks('a', 1001), githubLimits),
    ).toMatchObject({ granted: true });
    expect(permit(budget, of('propose'), asks('a', 1600), githubLimits).granted).toBe(true);
  });
});

describe('what an answer says', () => {
  const now = 1_000_000_000_000;
  test.each<[string, AnswerHead, number]>([
    ['a 429 with retry-after', { ...fine, status: 429, headers: { 'retry-after': '7' } }, 7000],
    [
      'a 403 with retry-after',
      { ...fine, status: 403, headers: { 'retry-after': '120' } },
      120_000,
    ],
    ['a 403 with words alone', { ...fine, status: 403, text: 'secondary rate limit' }, 60_000],
    ['a 429 with nothing', { ...fine, status: 429 }, 60_000],
    [
      'a 403 with the reset',
      {
        ...fine,
        status: 403,
        headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(now / 1000 + 30) },
      },
      31_000,
    ],
  ])('%s is obeyed', (_name, answer, waitMs) => {
    const { budget, limited } = observe(emptyBudget, answer, now);
    expect({ limited, waitMs: budget.pausedUntil - now }).toEqual({ limited: true, waitMs });
  });

  test('a refusal without a time doubles the wait, and a success forgets it', () => {
    const nothing = { ...fine, status: 429 };
    const once = observe(emptyBudget, nothing, now).budget;
    const twice = observe(once, nothing, now).budget;
    expect(twice.pausedUntil - now).toBe(120_000);
    expect(observe(twice, fine, now).budget.strikes).toBe(0);
  });

  test('a 403 for a missing right is no limit', () => {
    const answer = {
      status: 403,
      headers: { 'x-ratelimit-remaining': '10' },
      text: 'Must have admin',
    };
    expect(observe(emptyBudget, answer, now)).toEqual({ budget: emptyBudget, limited: false });
  });

  test('the last permitted request closes the door until the reset', () => {
    const headers = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(now / 1000 + 10) };
    const { budget, limited } = observe(emptyBudget, { ...fine, headers }, now);
    expect(limited).toBe(false);
    expect(budget.pausedUntil).toBe(now + 11_000);
    const ahead = { ...headers, date: new Date(now - 3_600_000).toUTCString() };
    expect(observe(emptyBudget, { ...fine, headers: ahead }, now).budget.pausedUntil).toBe(
      now + 3_611_000,
    );
  });
});

const states = {
  memory: (clock: Clock) => createMemoryGovernorState(clock),
  database: (clock: Clock) =>
    createDatabaseGovernorState(database.kysely<GithubTables>(), null, clock),
};
let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
  await migrate(database, githubMigrations);
});
afterAll(async () => database.drop());

describe.each(['memory', 'database'] as const)('the governor on %s', (kind) => {
  const parts = (): GovernorDeps => {
    const clock = createSkippingClock();
    const credential = systemRandom.uuid();
    return { credential, state: states[kind](clock), clock, random: systemRandom };
  };

  test('writes go one after the other, a second apart', async () => {
    const deps = parts();
    const governor = createGovernor(deps);
    const spans: { began: number; ended: number }[] = [];
    await Promise.all(
      Array.from({ length: 5 }, async () =>
        governor.run(create, async () => {
          const began = deps.clock.now().getTime();
          await deps.clock.sleep(20);
          spans.push({ began, ended: deps.clock.now().getTime() });
          return fine;
        }),
      ),
    );
    const gaps = spans.slice(1).map((span, n) => span.began - (spans[n]?.ended ?? 0));
    expect(spans).toHaveLength(5);
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(1000);
  });

  test('never more than ten are under way, also of two governors of one credential', async () => {
    const deps = parts();
    const governors = [createGovernor(deps), createGovernor(deps)];
    let underWay = 0;
    let highest = 0;
    await Promise.all(
      Array.from({ length: 40 }, async (_, n) =>
        governors[n % 2]?.run(read, async () => {
          underWay += 1;
          highest = Math.max(highest, underWay);
          await deps.clock.sleep(1);
          underWay -= 1;
          return fine;
        }),
      ),
    );
    expect(highest).toBeLessThanOrEqual(10);
  });

  test('a limit is waited out by all, and the request is sent again', async () => {
    const deps = parts();
    const governor = createGovernor(deps);
    const limited = { status: 429, headers: { 'retry-after': '5' }, text: '' };
    const times: number[] = [];
    const answer = await governor.run(read, async () => {
      times.push(deps.clock.now().getTime());
      return times.length === 1 ? limited : fine;
    });
    expect(answer.status).toBe(200);
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(5000);
  });

  test('a pause is kept by a governor that starts later', async () => {
    const deps = parts();
    const limited = { status: 429, headers: { 'retry-after': '3600' }, text: '' };
    await expect(createGovernor(deps).run(read, async () => limited)).rejects.toMatchObject({
      kind: 'rate_limited',
      code: 'github_rate_limited',
      details: { until: expect.any(String) },
    });
    let asked = false;
    const later = createGovernor(deps).run(read, async () => {
      asked = true;
      return fine;
    });
    await expect(later).rejects.toMatchObject({ kind: 'rate_limited' });
    expect(asked).toBe(false);
  });

  test('who waits for a person goes before those who propose', async () => {
    const deps = parts();
    const governor = createGovernor(deps);
    const order: string[] = [];
    const send = async (lane: Demand['lane']): Promise<AnswerHead> =>
      governor.run({ ...create, lane }, async () => {
        order.push(lane);
        return fine;
      });
    await Promise.all([send('propose'), send('propose'), send('follow'), send('person')]);
    expect(order.indexOf('person')).toBeLessThanOrEqual(1);
    expect(order.at(-1)).toBe('propose');
  });

  test('an answer stands although the budget could not be written after it', async () => {
    const deps = parts();
    let changes = 0;
    const state: GovernorDeps['state'] = {
      ...deps.state,
      change: async (credential, change) => {
        changes += 1;
        if (changes > 1) throw new Error('the database is away');
        return deps.state.change(credential, change);
      },
    };
    expect(await createGovernor({ ...deps, state }).run(create, async () => fine)).toBe(fine);
  });

  test('an exchange that fails gives its permit back', async () => {
    const deps = parts();
    const governor = createGovernor(deps);
    for (let n = 0; n < 12; n += 1)
      await expect(
        governor.run(read, async () => {
          throw new Error('reset');
        }),
      ).rejects.toThrow('reset');
    expect(await governor.run(read, async () => fine)).toBe(fine);
  });

  test('reads are spent from blocks: one change of the shared budget for many', async () => {
    const deps = { ...parts(), clock: systemClock };
    let changes = 0;
    const state: GovernorDeps['state'] = {
      ...deps.state,
      change: async (credential, change) => {
        changes += 1;
        return deps.state.change(credential, change);
      },
    };
    const governor = createGovernor({ ...deps, state });
    for (let n = 0; n < 60; n += 1) await governor.run(read, async () => fine);
    // Two for each request without blocks; a slow machine sees more blocks run out.
    expect(changes).toBeLessThanOrEqual(30);
  });

  test('a limit that another process met holds back the reads that were lent before it', async () => {
    const deps = parts();
    const [one, other] = [createGovernor(deps), createGovernor(deps)];
    const times: number[] = [];
    const note = async (): Promise<AnswerHead> => {
      times.push(deps.clock.now().getTime());
      return fine;
    };
    await one.run(read, note);
    const limited = { status: 403, headers: { 'retry-after': '30' }, text: '' };
    let refused = false;
    await other.run(read, async () => {
      if (refused) return note();
      refused = true;
      times.length = 0;
      times.push(deps.clock.now().getTime());
      return limited;
    });
    await Promise.all([one.run(read, note), one.run(create, note)]);
    const [told = 0, ...after] = times;
    expect(Math.min(...after) - told).toBeGreaterThanOrEqual(30_000);
  });

  test('a limit holds in the process that was told of it before the shared budget knows it', async () => {
    const deps = parts();
    const { clock } = deps;
    const kept = Promise.withResolvers<void>();
    let isTold = false;
    const state: GovernorDeps['state'] = {
      ...deps.state,
      change: async (credential, change) => {
        if (isTold) await kept.promise;
        return deps.state.change(credential, change);
      },
      tell: async () => await kept.promise,
    };
    const governor = createGovernor({ ...deps, state });
    const times: number[] = [];
    const note = async (): Promise<AnswerHead> => {
      times.push(clock.monotonicMs());
      return fine;
    };
    const answered = Promise.withResolvers<void>();
    const told = governor.run(read, async () => {
      if (isTold) return note();
      await answered.promise;
      isTold = true;
      times.push(clock.monotonicMs());
      return { status: 429, headers: { 'retry-after': '5' }, text: '' };
    });
    // Together they are lent a block, of which one turn is free again.
    await governor.run(read, async () => fine);
    answered.resolve();
    await vi.waitFor(() => expect(times).toHaveLength(1), patience);
    const next = governor.run(read, note);
    const waited = vi.waitFor(
      () => expect(clock.monotonicMs() - (times[0] ?? 0)).toBeGreaterThan(5000),
      patience,
    );
    await Promise.race([next, waited]);
    kept.resolve();
    await Promise.all([next, told]);
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(5000);
  });

  test.each([
    ['write', create],
    ['first read of a block', read],
  ])(
    'a %s whose turn was given before another process was told of a limit is not sent before its end',
    async (_, demand) => {
      const deps = parts();
      const told = Promise.withResolvers<void>();
      const given = Promise.withResolvers<void>();
      const state: GovernorDeps['state'] = {
        ...deps.state,
        change: async (credential, change) => {
          const answer = await deps.state.change(credential, change);
          given.resolve();
          await told.promise;
          return answer;
        },
      };
      const times: number[] = [];
      const early = createGovernor({ ...deps, state }).run(demand, async () => {
        times.push(deps.clock.now().getTime());
        return fine;
      });
      await given.promise;
      // The other one tells and comes no further: it is killed before its turn at the budget.
      const other = createGovernor({
        ...deps,
        state: {
          ...deps.state,
          tell: async (credential, forMs) => {
            await deps.state.tell(credential, forMs);
            told.resolve();
            await new Promise<never>(() => undefined);
          },
        },
      });
      const began = deps.clock.now().getTime();
      void other.run(read, async () => ({
        status: 429,
        headers: { 'retry-after': '30' },
        text: '',
      }));
      await early;
      expect(times).toHaveLength(1);
      expect((times[0] ?? 0) - began).toBeGreaterThanOrEqual(30_000);
    },
  );

  test('a limit that git met holds everybody back', async () => {
    const deps = parts();
    const governor = createGovernor(deps);
    const began = deps.clock.now().getTime();
    const push = governor.hold(create, async () => {
      throw new AppError({ kind: 'rate_limited', code: 'git_limited', message: 'Slow down.' });
    });
    await expect(push).rejects.toMatchObject({ code: 'git_limited' });
    await createGovernor(deps).run(read, async () => fine);
    expect(deps.clock.now().getTime() - began).toBeGreaterThanOrEqual(60_000);
  });
});

test('processes whose clocks are days apart keep one order: the budget is judged by the clock of the database', async () => {
  const credential = systemRandom.uuid();
  const state = createDatabaseGovernorState(database.kysely<GithubTables>());
  const governors = [86_400_000, -86_400_000].map((offMs) =>
    createGovernor({
      credential,
      state,
      clock: { ...systemClock, now: () => new Date(Date.now() + offMs) },
      random: systemRandom,
    }),
  );
  const spans: { began: number; ended: number }[] = [];
  for (const governor of [...governors, ...governors]) {
    await governor.run(create, async () => {
      const now = systemClock.monotonicMs();
      spans.push({ began: now, ended: now });
      return fine;
    });
  }
  const gaps = spans.slice(1).map((span, n) => span.began - (spans[n]?.ended ?? 0));
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(1000);
  expect(Math.max(...gaps)).toBeLessThan(60_000);
});

test('what a process is told reaches the others while the row of the budget is locked', async () => {
  const db = database.kysely<GithubTables>();
  const credential = systemRandom.uuid();
  const state = createDatabaseGovernorState(db);
  await state.change(credential, (budget) => ({ budget, answer: undefined }));
  const seen = await db.transaction().execute(async (open) => {
    await open
      .selectFrom('github_governor')
      .select('credential')
      .where('credential', '=', credential)
      .forUpdate()
      .execute();
    await state.tell(credential, 30_000);
    await state.tell(credential, 10_000);
    return await state.pause(credential);
  });
  const leftMs = seen.untilMs - (seen.nowMs ?? 0);
  expect(leftMs).toBeGreaterThan(10_000);
  expect(leftMs).toBeLessThanOrEqual(30_000);
  const kept = await state.change(credential, (budget) => ({ budget, answer: budget.pausedUntil }));
  expect(kept).toBe(seen.untilMs);
});

test('what is left, under way and waiting can be read by any process, with how the credential stands', async () => {
  const db = database.kysely<GithubTables>();
  const credential = systemRandom.uuid();
  const clock = createManualClock();
  const state = createDatabaseGovernorState(db, 'GITHUB_TOKEN', clock);
  const governor = createGovernor({ credential, state, clock, random: systemRandom });
  const held = Promise.withResolvers<AnswerHead>();
  const first = governor.run(create, () => held.promise);
  const look = async () => {
    const all = await readBudgetsLeft(database, clock);
    return all.find((one) => one.credential === credential);
  };
  const second = governor.run({ ...create, lane: 'propose' }, async () => fine);
  await vi.waitFor(
    async () =>
      expect(await look()).toMatchObject({
        name: 'GITHUB_TOKEN',
        inFlight: 1,
        waiting: { person: 0, propose: 1 },
        pointsThisMinute: 895,
        contentThisHour: 499,
        pausedUntil: null,
        suspendedSince: null,
      }),
    patience,
  );
  held.resolve(fine);
  await first;
  clock.advance(2000);
  await second;
});

test('a write that takes longer than a permit holds keeps the next one waiting', async () => {
  const limits = { ...githubLimits, leaseMs: 600 };
  const deps = {
    credential: 'long',
    state: createMemoryGovernorState(),
    clock: systemClock,
    random: systemRandom,
    limits,
  };
  const [one, other] = [createGovernor(deps), createGovernor(deps)];
  const order: string[] = [];
  const write = async (name: string, ms: number): Promise<AnswerHead> => {
    order.push(`${name} began`);
    await systemClock.sleep(ms);
    order.push(`${name} ended`);
    return fine;
  };
  const long = one.run(create, () => write('long', 1500));
  await vi.waitFor(() => expect(order).toEqual(['long began']), patience);
  await Promise.all([long, other.run(create, () => write('next', 0))]);
  expect(order).toEqual(['long began', 'long ended', 'next began', 'next ended']);
});
