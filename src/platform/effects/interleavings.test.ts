import fc from 'fast-check';
import type { Kysely } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createScriptedEffectHost,
  type ScriptedEffectHost,
  type SendFault,
} from '../../../test/fakes/scripted-effect-host.ts';
import { createTestDatabase, type TestDatabase } from '../../../test/support/test-database.ts';
import { AppError } from '../../lib/app-error.ts';
import { type Clock, systemClock } from '../../lib/clock.ts';
import { silentLog } from '../../lib/log.ts';
import { migrate } from '../database/migrate.ts';
import { createEffects } from './create-effects.ts';
import type { EffectRequestShape } from './intent.ts';
import { effectMigrations } from './migrations.ts';

let database: TestDatabase;
let counter = 0;

beforeAll(async () => {
  database = await createTestDatabase();
  await migrate(database, effectMigrations);
});

afterAll(async () => {
  await database.drop();
});

interface Scenario {
  readonly faults: readonly SendFault[];
  readonly failingLooks: number;
  /** One worker each, all at once; it dies when it comes to its point for the nth time. */
  readonly deaths: readonly { readonly point: string; readonly nth: number }[];
}

const scenario: fc.Arbitrary<Scenario> = fc.record({
  faults: fc.array(
    fc.constantFrom<SendFault>('lost', 'late_5xx', 'garbage', 'reset', 'early_5xx', 'rate_limited'),
    { maxLength: 4 },
  ),
  failingLooks: fc.nat({ max: 2 }),
  deaths: fc.array(
    fc.record({
      point: fc.constantFrom(
        'effect.claimed',
        'effect.looked',
        'effect.sending',
        'effect.sent',
        'effect.stored',
      ),
      nth: fc.integer({ min: 1, max: 3 }),
    }),
    { minLength: 1, maxLength: 3 },
  ),
});

describe('whatever comes together', () => {
  it('exactly one thing is made', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(scenario, { minLength: 8, maxLength: 8 }), async (scenarios) => {
        const made = await Promise.all(scenarios.map(thingsMade));
        expect(made).toEqual(scenarios.map(() => 1));
      }),
      { numRuns: 12 },
    );
  });
});

async function thingsMade({ faults, failingLooks, deaths }: Scenario): Promise<number> {
  counter += 1;
  const id = `scenario-${counter}`;
  const host = createScriptedEffectHost();
  host.script(...faults);
  host.failLooks(failingLooks);
  const workers = deaths.map(async ({ point, nth }) => await liveUntil(host, id, point, nth));
  await Promise.all(workers);
  await liveUntil(host, id, 'never', 1);
  return host.made.length;
}

/** A worker that settles the intent, or dies on the way: from then on neither it nor its heartbeat moves. */
async function liveUntil(
  host: ScriptedEffectHost,
  id: string,
  point: string,
  nth: number,
): Promise<void> {
  const death = Promise.withResolvers<void>();
  const never = new Promise<never>(() => {});
  let isDead = false;
  let passed = 0;
  const clock: Clock = {
    ...systemClock,
    sleep: async (ms, signal) => {
      await systemClock.sleep(ms, signal);
      if (isDead) await never;
    },
  };
  const effects = createEffects<Kysely<unknown>, EffectRequestShape>({
    database,
    clock,
    log: silentLog,
    open: (transaction) => transaction,
    host: () => host,
    idOf: () => id,
    keyOf: ({ name }) => name,
    markerKey: Buffer.alloc(32, 7),
    allow: async () => ({ allowed: true }),
    audit: async () => {},
    checkpoint: async (reached) => {
      if (reached === point) passed += 1;
      if (reached !== point || passed !== nth) return;
      isDead = true;
      death.resolve();
      await never;
    },
    options: { leaseMs: 150, lookDistanceMs: 20, pollMs: 10, maxSends: 1000 },
  });
  const repository = { host: 'github', name: 'acme/widgets' };
  const request = { kind: 'comment', repository, taskId: id, attempt: 0, ordinal: 0, payload: {} };
  await database
    .kysely<unknown>()
    .transaction()
    .execute(async (open) => await effects.intend(open, [request]));
  await Promise.race([death.promise, untilSettled(async () => await effects.settle(id))]);
}

async function untilSettled(settle: () => Promise<unknown>): Promise<void> {
  for (;;) {
    try {
      await settle();
      return;
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      if (error.kind !== 'rate_limited' && error.kind !== 'unavailable') throw error;
    }
  }
}
