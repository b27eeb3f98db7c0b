import { CircuitState, type IBreaker } from 'cockatiel';
import { type Kysely, sql } from 'kysely';
import type { Clock } from '../../lib/clock.ts';
import { type Log, silentLog } from '../../lib/log.ts';
import type { Migration } from '../database/migrate.ts';
import { circuitOpen, speaksAgainstService, wentOut } from './make-robust.ts';
import { createWindowBreaker, type WindowOptions } from './window-breaker.ts';

/** One breaker for each dependency, shared by all processes on the database and kept over restarts. */
export interface Breakers {
  /** The same name gives the same breaker. `failed` tells answers that speak against the service. */
  get<Result>(name: string, options: Trip, failed?: (result: Result) => boolean): Guarded<Result>;
  /** Closes it, because something else has shown that the dependency is there. */
  release(name: string): Promise<void>;
}

/** Runs a call unless the breaker is open: then AppError `circuit_open` at once, and nothing is sent. */
export type Guarded<Result> = (call: () => Promise<Result>) => Promise<Result>;

export interface Trip extends WindowOptions {
  /** First wait before the one probe; doubles with each failed probe, up to 5 minutes. */
  readonly openMs: number;
}

/**
 * For one place of a dependency: a few calls of which none goes well are enough, so that it is left alone before its
 * failures can open the breaker of the whole. A place where some calls go well is judged like the whole.
 */
export function placeTrip(whole: Trip): Trip {
  const fewer = Math.ceil(whole.minimumCalls * whole.failureRatio) - 1;
  return { ...whole, allOf: Math.max(1, fewer) };
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
    /** `half_open` while a probe is under way. */
    readonly state: string;
    readonly since: Date;
    readonly until: Date | null;
    /** `{attempt}`: how often it was opened in a row; as text. */
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
/** A probe that takes longer, because its process died, is followed by another one. */
const probeMs = 60_000;
/** So long what another process found may not be known here. */
const lookMs = 250;

export interface BreakersDeps {
  readonly db: Kysely<BreakerTables>;
  readonly clock: Pick<Clock, 'now'>;
  readonly log?: Log;
}

/** What stands of an open breaker in the database. */
interface Open {
  readonly since: Date;
  readonly until: Date;
  readonly attempt: number;
}

export function createBreakers(deps: BreakersDeps): Breakers {
  const windows = new Map<string, IBreaker>();
  const board = createBoard(deps);
  const nowMs = (): number => deps.clock.now().getTime();
  return {
    release: async (name) => {
      windows.get(name)?.success(CircuitState.HalfOpen);
      await board.close(name);
    },
    get: <Result>(
      name: string,
      options: Trip,
      failed?: (result: Result) => boolean,
    ): Guarded<Result> => {
      const window = windows.get(name) ?? createWindowBreaker(options, nowMs);
      windows.set(name, window);
      const count = async (isBad: boolean): Promise<void> => {
        if (!isBad) window.success(CircuitState.Closed);
        else if (window.failure(CircuitState.Closed)) await board.open(name, 1, options);
      };
      return async (call) => {
        const open = await board.look(name);
        if (open === null) return guarded(call, failed, count);
        const leftMs = open.until.getTime() - nowMs();
        // Further away than any wait: the clock was put back meanwhile.
        const isHeld = leftMs > 0 && leftMs <= longestOpenMs;
        if (isHeld || !(await board.claim(name, open))) throw circuitOpen(name, null, open.until);
        const probed = async (isBad: boolean): Promise<void> => {
          if (isBad) return board.open(name, open.attempt + 1, options);
          window.success(CircuitState.HalfOpen);
          return board.close(name);
        };
        return guarded(call, failed, probed, () => board.giveBack(name));
      };
    },
  };
}

/** Runs the call and tells how it went, or that it did not go out, before its answer or error goes on. */
async function guarded<Result>(
  call: () => Promise<Result>,
  failed: ((result: Result) => boolean) | undefined,
  told: (isBad: boolean) => Promise<void>,
  notTried: () => Promise<void> = async () => undefined,
): Promise<Result> {
  let result: Result;
  try {
    result = await call();
  } catch (error) {
    if (wentOut(error)) await told(speaksAgainstService(error));
    else await notTried();
    throw error;
  }
  await told(failed?.(result) ?? false);
  return result;
}

/** The open breakers of all processes; without the database, those of this one. */
interface Board {
  look(name: string): Promise<Open | null>;
  /** Takes the one probe; false when another process has it. */
  claim(name: string, seen: Open): Promise<boolean>;
  /** The probe did not go out, so nothing was learned: whoever comes next may take it. */
  giveBack(name: string): Promise<void>;
  open(name: string, attempt: number, options: Trip): Promise<void>;
  close(name: string): Promise<void>;
}

function createBoard(deps: BreakersDeps): Board {
  const { db, clock, log = silentLog } = deps;
  let known = new Map<string, Open>();
  let lookedMs = Number.NEGATIVE_INFINITY;
  let looking: Promise<void> | null = null;
  let changes = 0;
  const note = (name: string, open: Open | null): void => {
    changes += 1;
    if (open === null) known.delete(name);
    else known.set(name, open);
  };
  const read = async (): Promise<void> => {
    const before = changes;
    try {
      const rows = await db
        .selectFrom('breakers')
        .selectAll()
        .where('state', '!=', 'closed')
        .execute();
      const found = new Map(
        rows.flatMap((row) => (row.until === null ? [] : [[row.name, openOf(row)]])),
      );
      // What this process changed meanwhile is newer than what was read.
      if (changes === before) known = found;
    } catch (error) {
      log.warn({ error }, 'the breakers of other processes are not known at the moment');
    }
    lookedMs = clock.now().getTime();
    looking = null;
  };
  const keep = async (what: string, write: () => Promise<unknown>): Promise<void> => {
    await write().catch((error: unknown) => {
      log.warn({ error, breaker: what }, 'the state of a breaker could not be kept');
    });
  };
  return {
    look: async (name) => {
      const age = clock.now().getTime() - lookedMs;
      if (looking !== null || age >= lookMs || age < 0) await (looking ??= read());
      return known.get(name) ?? null;
    },
    claim: async (name, seen) => {
      const until = new Date(clock.now().getTime() + probeMs);
      try {
        const { numUpdatedRows } = await db
          .updateTable('breakers')
          .set({ state: 'half_open', until })
          .where('name', '=', name)
          .where('state', '!=', 'closed')
          .where('until', '=', seen.until)
          .executeTakeFirstOrThrow();
        if (numUpdatedRows === 0n) lookedMs = Number.NEGATIVE_INFINITY;
        else note(name, { ...seen, until });
        return numUpdatedRows > 0n;
      } catch (error) {
        log.warn(
          { error, breaker: name },
          'whether another process tries is not known; this one does',
        );
        note(name, { ...seen, until });
        return true;
      }
    },
    giveBack: async (name) => {
      const open = known.get(name);
      if (open === undefined) return;
      const until = clock.now();
      note(name, { ...open, until });
      const change = db.updateTable('breakers').set({ state: 'open', until });
      await keep(name, async () =>
        change.where('name', '=', name).where('until', '=', open.until).execute(),
      );
    },
    open: async (name, attempt, { openMs }) => {
      const since = clock.now();
      const until = new Date(
        since.getTime() + Math.min(longestOpenMs, openMs * 2 ** Math.min(attempt - 1, 20)),
      );
      note(name, { since, until, attempt });
      const row = { state: 'open', since, until, memory: JSON.stringify({ attempt }) };
      await keep(name, async () =>
        db
          .insertInto('breakers')
          .values({ name, ...row })
          .onConflict((conflict) => {
            const change = conflict.column('name').doUpdateSet(row);
            // Whoever opened it first has said until when; a failed probe says it anew.
            return attempt === 1 ? change.where('breakers.state', '=', 'closed') : change;
          })
          .execute(),
      );
      log.warn(
        { breaker: name, until, code: 'circuit_open' },
        'a dependency fails; it is left alone',
      );
    },
    close: async (name) => {
      note(name, null);
      const row = { state: 'closed', since: clock.now(), until: null, memory: '{}' };
      await keep(name, async () =>
        db.updateTable('breakers').set(row).where('name', '=', name).execute(),
      );
      log.info({ breaker: name }, 'a dependency is well again');
    },
  };
}

function openOf({ since, until, memory }: BreakerTables['breakers']): Open {
  const { attempt } = JSON.parse(memory) as { attempt?: number };
  return { since, until: until ?? since, attempt: attempt ?? 1 };
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
    const isProbed = state === 'half_open' || until <= now;
    return { name, state: isProbed ? 'half_open' : 'open', since, until };
  });
}
