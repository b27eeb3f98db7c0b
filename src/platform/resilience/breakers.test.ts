import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { createManualClock } from '../../../test/fakes/manual-clock.ts';
import { createTestDatabase, type TestDatabase } from '../../../test/support/test-database.ts';
import { AppError, type ErrorKind } from '../../lib/app-error.ts';
import { systemClock } from '../../lib/clock.ts';
import { migrate } from '../database/migrate.ts';
import {
  type BreakerTables,
  breakerStates,
  createBreakers,
  type Guarded,
  placeTrip,
  resilienceMigrations,
} from './breakers.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  await migrate(database, resilienceMigrations);
});
afterAll(async () => database.drop());
// A breaker saves itself a moment later, perhaps in the next test; each test has a dependency of its own.
let dependency = 'host-0';
let tests = 0;
beforeEach(() => {
  tests += 1;
  dependency = `host-${tests}`;
});

const patience = { timeout: 120_000 };
const db = () => database.kysely<BreakerTables>();
const trip = { failureRatio: 0.5, windowMs: 30_000, minimumCalls: 10, openMs: 60_000 };
const made = (openMs = trip.openMs): Guarded<number> =>
  createBreakers({ db: db(), clock: systemClock }).get<number>(
    dependency,
    { ...trip, openMs },
    (status) => status >= 500,
  );
const fail = async (kind: ErrorKind): Promise<never> => {
  throw new AppError({ kind, code: 'x', message: `${kind}.` });
};
const codeOf = async (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'ok',
    (error: unknown) => (error as AppError).code,
  );
const state = async () =>
  (await breakerStates(db(), new Date())).find(({ name }) => name === dependency);
const open = async (guarded: Guarded<number>): Promise<void> => {
  for (let calls = 0; calls < 20; calls += 1) await codeOf(guarded(() => fail('unavailable')));
  await vi.waitFor(async () => expect((await state())?.until).toBeInstanceOf(Date), patience);
};

test('it opens at half of the calls failing, by errors and by answers, and sends nothing then', async () => {
  const guarded = made();
  let sent = 0;
  for (let calls = 0; calls < 40; calls += 1)
    await codeOf(
      guarded(async () => {
        sent += 1;
        return calls % 2 === 0 ? 503 : 200;
      }),
    );
  expect(sent).toBeLessThan(20);
  const before = sent;
  expect(await codeOf(guarded(async () => (sent += 1)))).toBe('circuit_open');
  expect(sent).toBe(before);
});

test.each(['not_found', 'conflict', 'invalid_input', 'rate_limited'] as const)(
  '%s never counts',
  async (kind) => {
    const guarded = made();
    for (let calls = 0; calls < 50; calls += 1) await codeOf(guarded(() => fail(kind)));
    expect(await codeOf(guarded(async () => 200))).toBe('ok');
  },
);

test('a few failures do not open it', async () => {
  const guarded = made();
  for (let calls = 0; calls < 5; calls += 1) await codeOf(guarded(() => fail('timeout')));
  expect(await codeOf(guarded(async () => 200))).toBe('ok');
});

test('it stays open over a restart, and any process sees until when', async () => {
  await open(made());
  expect((await state())?.until?.getTime()).toBeGreaterThan(Date.now() + 50_000);
  const another = made();
  expect(await codeOf(another(async () => 200))).toBe('circuit_open');
});

test('one probe goes out when its time is over; a success closes it for every later start', async () => {
  const guarded = made(50);
  await open(guarded);
  await vi.waitFor(async () => expect(await codeOf(guarded(async () => 200))).toBe('ok'), patience);
  await vi.waitFor(
    async () => expect(await state()).toMatchObject({ state: 'closed', until: null }),
    patience,
  );
  expect(await codeOf(made()(async () => 200))).toBe('ok');
});

test('the wait doubles with each failed probe, also when the process is another one', async () => {
  const waitOf = async (): Promise<number> => {
    const row = await state();
    return (row?.until?.getTime() ?? 0) - (row?.since.getTime() ?? 0);
  };
  const first = made(50);
  await open(first);
  expect(await waitOf()).toBe(50);
  await vi.waitFor(async () => {
    await codeOf(first(() => fail('timeout')));
    expect(await waitOf()).toBe(100);
  });
  const second = made(50);
  await vi.waitFor(async () => {
    await codeOf(second(() => fail('timeout')));
    expect(await waitOf()).toBe(200);
  });
});

test('what one process opened keeps another one back, and of both only one tries again', async () => {
  // Long enough for the other one to see it open before it may try again, on a busy machine too.
  const [one, other] = [made(3000), made(3000)];
  expect(await codeOf(other(async () => 200))).toBe('ok');
  await open(one);
  await vi.waitFor(
    async () => expect(await codeOf(other(async () => 200))).toBe('circuit_open'),
    patience,
  );
  await vi.waitFor(async () => expect((await state())?.state).toBe('half_open'), patience);
  const probe = Promise.withResolvers<number>();
  let tried = 0;
  const calls = [one, other, one, other].map((guarded) =>
    codeOf(
      guarded(async () => {
        tried += 1;
        return probe.promise;
      }),
    ),
  );
  await vi.waitFor(() => expect(tried).toBe(1), patience);
  expect(await codeOf(other(async () => 200))).toBe('circuit_open');
  probe.resolve(200);
  expect((await Promise.all(calls)).toSorted()).toEqual([
    'circuit_open',
    'circuit_open',
    'circuit_open',
    'ok',
  ]);
  expect(tried).toBe(1);
  await vi.waitFor(async () => expect(await codeOf(other(async () => 200))).toBe('ok'), patience);
});

test('without its database it still protects what this process calls', async () => {
  const away = createBreakers({
    db: database.kysely<BreakerTables>().withSchema('nowhere'),
    clock: systemClock,
  }).get<number>(dependency, trip, (status) => status >= 500);
  for (let calls = 0; calls < 10; calls += 1) await codeOf(away(async () => 503));
  expect(await codeOf(away(async () => 200))).toBe('circuit_open');
});

test('a clock that is put back by a day leaves nothing alone for a day', async () => {
  const clock = createManualClock();
  const guarded = createBreakers({ db: db(), clock }).get<number>(dependency, trip);
  for (let calls = 0; calls < 10; calls += 1) await codeOf(guarded(() => fail('unavailable')));
  expect(await codeOf(guarded(async () => 200))).toBe('circuit_open');
  clock.advance(-86_400_000);
  expect(await codeOf(guarded(async () => 200))).toBe('ok');
});

test('failures of long ago do not count', async () => {
  const clock = createManualClock();
  const guarded = createBreakers({ db: db(), clock }).get<number>(
    dependency,
    trip,
    (status) => status >= 500,
  );
  for (let calls = 0; calls < 9; calls += 1) await codeOf(guarded(async () => 503));
  clock.advance(31_000);
  for (let calls = 0; calls < 9; calls += 1) await codeOf(guarded(async () => 503));
  expect(await codeOf(guarded(async () => 200))).toBe('ok');
});

test('one repository that always fails costs the others next to nothing', async () => {
  const breakers = createBreakers({ db: db(), clock: systemClock });
  const host = breakers.get<number>(dependency, trip, (status) => status >= 500);
  const place = (name: string) =>
    breakers.get<number>(`${dependency} ${name}`, placeTrip(trip), (status) => status >= 500);
  const [bad, good] = [place('bad'), place('good')];
  let sent = 0;
  let fine = 0;
  for (let round = 0; round < 200; round += 1) {
    await codeOf(
      bad(() =>
        host(async () => {
          sent += 1;
          return 500;
        }),
      ),
    );
    if ((await codeOf(good(() => host(async () => 200)))) === 'ok') fine += 1;
  }
  expect(fine).toBe(200);
  expect(sent).toBeLessThan(10);
});

test('a place where some calls go well is judged by as many calls as the whole', async () => {
  const place = createBreakers({ db: db(), clock: systemClock }).get<number>(
    `${dependency} shaky`,
    placeTrip(trip),
    (status) => status >= 500,
  );
  for (const status of [500, 200, 500, 500, 500, 200, 500]) await codeOf(place(async () => status));
  expect(await codeOf(place(async () => 200))).toBe('ok');
  for (let calls = 0; calls < 10; calls += 1) await codeOf(place(async () => 500));
  expect(await codeOf(place(async () => 200))).toBe('circuit_open');
});

test('a probe that another breaker kept back tells nothing: it is neither closed nor left alone for longer', async () => {
  const clock = createManualClock();
  const guarded = createBreakers({ db: db(), clock }).get<number>(dependency, trip);
  for (let calls = 0; calls < 10; calls += 1) await codeOf(guarded(() => fail('unavailable')));
  const keptBack = async (): Promise<never> => {
    throw new AppError({ kind: 'unavailable', code: 'circuit_open', message: 'Kept back.' });
  };
  clock.advance(trip.openMs);
  expect(await codeOf(guarded(keptBack))).toBe('circuit_open');
  expect((await state())?.state).not.toBe('closed');
  let sent = 0;
  expect(await codeOf(guarded(async () => (sent += 1)))).toBe('ok');
  expect([sent, (await state())?.state]).toEqual([1, 'closed']);
});

test('the wait doubles with each failed probe up to five minutes and no further, over restarts too', async () => {
  const clock = createManualClock();
  const started = (): Guarded<number> =>
    createBreakers({ db: db(), clock }).get<number>(dependency, trip);
  const first = started();
  for (let calls = 0; calls < 10; calls += 1) await codeOf(first(() => fail('unavailable')));
  const waits: number[] = [];
  for (let probes = 0; probes < 6; probes += 1) {
    const { since, until } = (await state()) ?? {};
    waits.push((until?.getTime() ?? 0) - (since?.getTime() ?? 0));
    clock.advance(waits.at(-1) ?? 0);
    // Each probe is of a process that has just started.
    expect(await codeOf(started()(() => fail('timeout')))).toBe('x');
  }
  expect(waits).toEqual([60_000, 120_000, 240_000, 300_000, 300_000, 300_000]);
});
