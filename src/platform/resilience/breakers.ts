import {
  BrokenCircuitError,
  type CircuitBreakerPolicy,
  CircuitState,
  circuitBreaker,
  ExponentialBackoff,
  handleWhen,
  noJitterGenerator,
  SamplingBreaker,
} from 'cockatiel';
import { type Kysely, sql } from 'kysely';
import type { Clock } from '../../lib/clock.ts';
import { type Log, silentLog } from '../../lib/log.ts';
import type { Migration } from '../database/migrate.ts';
import { circuitOpen, speaksAgainstService } from './make-robust.ts';

/** One breaker for each dependency, kept over restarts. */
export interface Breakers {
  /** The same name gives the same breaker. `failed` tells answers that speak against the service. */
  get<Result>(name: string, options: Trip, failed?: (result: Result) => boolean): Guarded<Result>;
}

/** Runs a call unless the breaker is open: then AppError `circuit_open` at once, and nothing is sent. */
export type Guarded<Result> = (call: () => Promise<Result>) => Promise<Result>;

export interface Trip {
  /** Share of failures that opens it. */
  readonly failureRatio: number;
  readonly windowMs: number;
  /** Fewer calls than this in the window never open it. */
  readonly minimumCalls: number;
  /** First wait before the one probe; doubles with each failed probe, up to 5 minutes. */
  readonly openMs: number;
}

export interface BreakerState {
  readonly name: string;
  readonly state: 'closed' | 'open' | 'half_open';
  readonly since: Date;
  /** When the next probe may go out; null while closed. */
  readonly until: Date | null;
}

export interface BreakerTables {
  readonly breakers: {
    readonly name: string;
    readonly state: string;
    readonly since: Date;
    readonly until: Date | null;
    /** What the library keeps of it, as text. */
    readonly memory: string;
  };
}

export const resilienceMigrations: readonly Migration[] = [
  {
    id: 'resilience-0001-breakers',
    up: async (db) => {
      await sql`create table breakers (
        name text primary key,
        state text not null,
        since timestamptz not null,
        until timestamptz,
        memory text not null
      )`.execute(db);
    },
  },
];

const longestOpenMs = 300_000;

export interface BreakersDeps {
  readonly db: Kysely<BreakerTables>;
  readonly clock: Pick<Clock, 'now'>;
  readonly log?: Log;
}

export function createBreakers(deps: BreakersDeps): Breakers {
  const known = new Map<string, Promise<CircuitBreakerPolicy>>();
  return {
    get: (name, options, failed = () => false) => {
      const isFailure = failed as (result: unknown) => boolean;
      return async (call) => {
        const policy = known.get(name) ?? restored(deps, name, options, isFailure);
        known.set(name, policy);
        try {
          return await (await policy).execute(() => call());
        } catch (error) {
          throw error instanceof BrokenCircuitError ? circuitOpen(name, error) : error;
        }
      };
    },
  };
}

/** Every breaker that ever opened, for status, metrics and the health report; any process may ask. */
export async function breakerStates(
  db: Kysely<BreakerTables>,
  now: Date,
): Promise<readonly BreakerState[]> {
  const rows = await db
    .selectFrom('breakers')
    .select(['name', 'state', 'since', 'until'])
    .orderBy('name')
    .execute();
  return rows.map(({ name, state, since, until }) => {
    if (state === 'closed' || until === null) return { name, state: 'closed', since, until: null };
    return { name, state: until > now ? 'open' : 'half_open', since, until };
  });
}

async function restored(
  deps: BreakersDeps,
  name: string,
  options: Trip,
  failed: (result: unknown) => boolean,
): Promise<CircuitBreakerPolicy> {
  const initialState = await remembered(deps, name);
  const policy = circuitBreaker(handleWhen(speaksAgainstService).orWhenResult(failed), {
    halfOpenAfter: new ExponentialBackoff({
      generator: noJitterGenerator,
      initialDelay: options.openMs,
      maxDelay: longestOpenMs,
    }),
    breaker: new SamplingBreaker({
      threshold: options.failureRatio,
      duration: options.windowMs,
      minimumRps: options.minimumCalls / (options.windowMs / 1000),
    }),
    ...(initialState === null ? {} : { initialState }),
  });
  let writing = Promise.resolve();
  policy.onStateChange((state) => {
    // The state that was changed to is in place only after this call.
    writing = writing.then(() => remember(deps, name, options, policy, state));
  });
  return policy;
}

async function remembered({ db, log }: BreakersDeps, name: string): Promise<object | null> {
  try {
    const row = await db
      .selectFrom('breakers')
      .select(['memory', 'state'])
      .where('name', '=', name)
      .executeTakeFirst();
    return row === undefined || row.state === 'closed' ? null : (JSON.parse(row.memory) as object);
  } catch (error) {
    (log ?? silentLog).warn({ error, breaker: name }, 'a breaker begins without its memory');
    return null;
  }
}

async function remember(
  { db, clock, log }: BreakersDeps,
  name: string,
  { openMs }: Trip,
  policy: CircuitBreakerPolicy,
  state: CircuitState,
): Promise<void> {
  const since = clock.now();
  const isOpen = state !== CircuitState.Closed;
  const memory = JSON.stringify(policy.toJSON());
  const { attemptNo = 1 } = (JSON.parse(memory) as { ownState: { attemptNo?: number } }).ownState;
  const waitMs = Math.min(longestOpenMs, openMs * 2 ** (attemptNo - 1));
  const until =
    state === CircuitState.Open ? new Date(since.getTime() + waitMs) : isOpen ? since : null;
  const row = { state: isOpen ? 'open' : 'closed', since, until, memory };
  const say = log ?? silentLog;
  try {
    await db
      .insertInto('breakers')
      .values({ name, ...row })
      .onConflict((conflict) => conflict.column('name').doUpdateSet(row))
      .execute();
  } catch (error) {
    say.warn({ error, breaker: name }, 'the state of a breaker could not be kept');
  }
  if (state === CircuitState.Open)
    say.warn(
      { breaker: name, until, code: 'circuit_open' },
      'a dependency fails; it is left alone',
    );
  if (!isOpen) say.info({ breaker: name }, 'a dependency is well again');
}
