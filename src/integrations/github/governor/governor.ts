import { AppError } from '../../../lib/app-error.ts';
import type { Clock } from '../../../lib/clock.ts';
import { type Log, silentLog } from '../../../lib/log.ts';
import type { Random } from '../../../lib/random.ts';
import { type AnswerHead, observe } from './answers.ts';
import type { GovernorState } from './governor-state.ts';
import {
  type Budget,
  type Demand,
  emptyBudget,
  githubLimits,
  type Limits,
  lanes,
  permit,
  release,
  type WaitReason,
} from './limits.ts';

/** The only way to GitHub: every request waits here for its turn, and every answer is read for limits. */
export interface Governor {
  /**
   * Runs one exchange. A limit is waited out and the exchange repeated (GitHub did nothing then);
   * AppError `rate_limited` code `github_rate_limited` with `details.until` when the wait is too long.
   */
  run<Answer extends AnswerHead>(demand: Demand, exchange: () => Promise<Answer>): Promise<Answer>;
}

export interface GovernorDeps {
  /** Names the credential in the shared state; never the token itself. */
  readonly credential: string;
  readonly state: GovernorState;
  readonly clock: Clock;
  readonly random: Random;
  readonly limits?: Limits;
  readonly log?: Log;
  /** Longest wait in one piece before the caller is told instead; default 90,000. */
  readonly maxWaitMs?: number;
}

/** How often one request may meet a limit. */
const maxRefusals = 5;

export function createGovernor(deps: GovernorDeps): Governor {
  const queue = createQueue(deps);
  return {
    run: async (demand, exchange) => {
      for (let refusals = 0; refusals < maxRefusals; refusals += 1) {
        const id = await queue.turn(demand);
        const { answer, limited } = await passed(deps, id, exchange).finally(() => queue.wake());
        if (!limited) return answer;
      }
      throw tooLong(deps, 'paused', deps.clock.now().getTime());
    },
  };
}

async function passed<Answer extends AnswerHead>(
  deps: GovernorDeps,
  id: string,
  exchange: () => Promise<Answer>,
): Promise<{ answer: Answer; limited: boolean }> {
  let answer: Answer | null = null;
  try {
    answer = await exchange();
    return { answer, limited: observe(emptyBudget, answer, 0).limited };
  } finally {
    await giveBackQuietly(deps, id, answer);
  }
}

// What GitHub answered stands, whatever became of our row; the permit comes back by its lease.
async function giveBackQuietly(
  deps: GovernorDeps,
  id: string,
  answer: AnswerHead | null,
): Promise<void> {
  try {
    await giveBack(deps, id, answer);
  } catch (error) {
    const facts = { error, credential: deps.credential };
    (deps.log ?? silentLog).warn(facts, "the budget of GitHub's limits could not be kept");
  }
}

async function giveBack(deps: GovernorDeps, id: string, answer: AnswerHead | null): Promise<void> {
  const now = deps.clock.now().getTime();
  await deps.state.change(deps.credential, (before) => {
    const budget = release(before, id, now);
    const seen = answer === null ? budget : observe(budget, answer, now).budget;
    return { budget: seen, answer: undefined };
  });
}

interface Waiter {
  readonly demand: Demand;
  readonly since: number;
  readonly go: (id: string) => void;
  readonly fail: (error: unknown) => void;
}

interface Queue {
  turn(demand: Demand): Promise<string>;
  /** Something changed: look again now. */
  wake(): void;
}

function createQueue(deps: GovernorDeps): Queue {
  const waiting: Waiter[] = [];
  let running = false;
  let nudge = Promise.withResolvers<void>();
  const wake = (): void => nudge.resolve();
  const pump = async (): Promise<void> => {
    while (waiting.length > 0) {
      nudge = Promise.withResolvers<void>();
      const waitMs = await serve(deps, waiting);
      if (waitMs > 0 && waiting.length > 0) await pause(deps.clock, waitMs, nudge.promise);
    }
  };
  const start = async (): Promise<void> => {
    running = true;
    try {
      await pump();
    } catch (error) {
      for (const waiter of waiting.splice(0)) waiter.fail(stateAway(error));
    } finally {
      running = false;
    }
    // Whoever came between the last look and this line did not start it.
    if (waiting.length > 0) void start();
  };
  return {
    wake,
    turn: async (demand) => {
      const { promise, resolve: go, reject: fail } = Promise.withResolvers<string>();
      waiting.push({ demand, since: deps.clock.monotonicMs(), go, fail });
      waiting.sort((a, b) => rank(a) - rank(b) || a.since - b.since);
      wake();
      if (!running) void start();
      return promise;
    },
  };
}

const rank = (waiter: Waiter): number => lanes.indexOf(waiter.demand.lane);

/** Grants the first waiter that may go; answers how long to wait otherwise, 0 when one was granted. */
async function serve(deps: GovernorDeps, waiting: Waiter[]): Promise<number> {
  const now = deps.clock.now().getTime();
  const id = deps.random.uuid();
  const candidates = [...waiting];
  const look = await deps.state.change(deps.credential, (budget) =>
    firstThatMayGo(budget, candidates, id, now, deps.limits ?? githubLimits),
  );
  if (look.granted !== null) {
    waiting.splice(waiting.indexOf(look.granted), 1);
    look.granted.go(id);
    return 0;
  }
  const maxWaitMs = deps.maxWaitMs ?? 90_000;
  for (const refusal of look.refusals) {
    if (refusal.waitMs <= maxWaitMs) continue;
    waiting.splice(waiting.indexOf(refusal.waiter), 1);
    refusal.waiter.fail(tooLong(deps, refusal.why, now + refusal.waitMs));
  }
  return Math.min(...look.refusals.map((refusal) => refusal.waitMs));
}

interface Look {
  readonly granted: Waiter | null;
  readonly refusals: readonly {
    readonly waiter: Waiter;
    readonly waitMs: number;
    readonly why: WaitReason;
  }[];
}

function firstThatMayGo(
  budget: Budget,
  candidates: readonly Waiter[],
  id: string,
  now: number,
  limits: Limits,
): { budget: Budget; answer: Look } {
  const refusals = [];
  for (const waiter of candidates) {
    const verdict = permit(budget, waiter.demand, id, now, limits);
    if (verdict.granted)
      return { budget: verdict.budget, answer: { granted: waiter, refusals: [] } };
    refusals.push({ waiter, waitMs: verdict.waitMs, why: verdict.why });
  }
  return { budget, answer: { granted: null, refusals } };
}

async function pause(clock: Clock, waitMs: number, nudge: Promise<void>): Promise<void> {
  const abort = new AbortController();
  const asleep = clock.sleep(waitMs, abort.signal).catch((error: unknown) => {
    if (!abort.signal.aborted) throw error;
  });
  await Promise.race([asleep, nudge]);
  abort.abort();
}

function stateAway(cause: unknown): AppError {
  return new AppError({
    kind: 'unavailable',
    code: 'github_governor_state',
    message: "The shared budget of GitHub's limits cannot be read, so nothing was sent.",
    next: 'Check the database.',
    cause,
  });
}

function tooLong(deps: GovernorDeps, why: WaitReason, untilMs: number): AppError {
  const until = new Date(untilMs).toISOString();
  return new AppError({
    kind: 'rate_limited',
    code: 'github_rate_limited',
    message: `GitHub's limits hold this request back until ${until} (${why}).`,
    next: 'Wait; the work goes on by itself when the limit is over.',
    details: { until, why, credential: deps.credential },
  });
}
