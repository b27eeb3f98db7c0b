import { AppError } from '../../../lib/app-error.ts';
import type { Clock } from '../../../lib/clock.ts';
import type { GovernorDeps } from './governor-deps.ts';
import { type Demand, rankOf } from './lanes.ts';
import {
  type Asking,
  type Budget,
  githubLimits,
  lend,
  permit,
  type Verdict,
  type WaitReason,
} from './limits.ts';
import type { ReadBlocks } from './read-blocks.ts';
import { waitingFrom } from './waiting.ts';

/** The turns of one process: who waits, in the order of the lanes, and whose turn it is by the shared budget. */
export interface Turns {
  turn(demand: Demand): Promise<Turn>;
  /** Something changed: look again now. */
  wake(): void;
}

/** The right to send one request. */
export interface Turn {
  /** Of the permit, or of the block that it is spent from. */
  readonly id: string;
  readonly ofBlock: boolean;
  /** Whether it was asked, right before, if anybody was told to wait. */
  readonly isLookedAt: boolean;
}

interface Waiter {
  readonly demand: Demand;
  readonly since: number;
  readonly go: (turn: Turn) => void;
  readonly fail: (error: unknown) => void;
}

export function createTurns(deps: GovernorDeps, owner: string, blocks: ReadBlocks): Turns {
  const waiting: Waiter[] = [];
  let running = false;
  let nudge = Promise.withResolvers<void>();
  const wake = (): void => nudge.resolve();
  const pump = async (): Promise<void> => {
    while (waiting.length > 0) {
      nudge = Promise.withResolvers<void>();
      const waitMs = await serve(deps, owner, blocks, waiting);
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
      const { promise, resolve: go, reject: fail } = Promise.withResolvers<Turn>();
      waiting.push({ demand, since: deps.clock.monotonicMs(), go, fail });
      waiting.sort((a, b) => rankOf(a.demand.lane) - rankOf(b.demand.lane) || a.since - b.since);
      wake();
      if (!running) void start();
      return promise;
    },
  };
}

/** Gives the first waiter that may go its turn; answers how long to wait otherwise, 0 when one went. */
async function serve(
  deps: GovernorDeps,
  owner: string,
  blocks: ReadBlocks,
  waiting: Waiter[],
): Promise<number> {
  const lent = await fromBlock(blocks, waiting);
  if (lent) return 0;
  const id = deps.random.uuid();
  const askedMs = deps.clock.monotonicMs();
  const candidates = [...waiting];
  const { look, now } = await deps.state.change(deps.credential, (budget, nowMs) => {
    const asking: Asking = { id, owner, now: nowMs ?? deps.clock.now().getTime() };
    const { budget: left, answer } = firstThatMayGo(budget, candidates, asking, deps);
    return { budget: left, answer: { look: answer, now: asking.now } };
  });
  if (look.granted !== null) {
    const { waiter, block } = look.granted;
    if (block !== null) blocks.add({ ...block, id, lane: waiter.demand.lane, now, askedMs });
    goes(waiting, waiter, { id, ofBlock: block !== null, isLookedAt: false });
    return 0;
  }
  const maxWaitMs = deps.maxWaitMs ?? longestWaitMs;
  for (const { waiter, waitMs, why } of look.refusals) {
    if (waitMs <= maxWaitMs) continue;
    waiting.splice(waiting.indexOf(waiter), 1);
    waiter.fail(tooLong(deps, why, waitMs));
  }
  return Math.min(...look.refusals.map(({ waitMs }) => waitMs));
}

export const longestWaitMs = 90_000;

/** Spends a read of a block that was lent before, if the first waiter is a read and one is left. */
async function fromBlock(blocks: ReadBlocks, waiting: Waiter[]): Promise<boolean> {
  const [first] = waiting;
  if (first === undefined || first.demand.write) return false;
  const id = await blocks.spend(first.demand.lane);
  if (id === null) return false;
  goes(waiting, first, { id, ofBlock: true, isLookedAt: true });
  return true;
}

function goes(waiting: Waiter[], waiter: Waiter, turn: Turn): void {
  waiting.splice(waiting.indexOf(waiter), 1);
  waiter.go(turn);
}

interface Refused {
  readonly waiter: Waiter;
  readonly waitMs: number;
  readonly why: WaitReason;
}

interface Look {
  readonly granted: {
    readonly waiter: Waiter;
    readonly block: { readonly slots: number; readonly reads: number } | null;
  } | null;
  readonly refusals: readonly Refused[];
}

function firstThatMayGo(
  before: Budget,
  candidates: readonly Waiter[],
  asking: Asking,
  { limits = githubLimits, maxWaitMs = longestWaitMs }: GovernorDeps,
): { budget: Budget; answer: Look } {
  const budget = withoutUs(before, asking.owner);
  // What holds for one holds for all that want the same.
  const known = new Map<string, { waitMs: number; why: WaitReason }>();
  const refusals: Refused[] = [];
  for (const waiter of candidates) {
    const { demand } = waiter;
    const key = `${demand.lane} ${demand.write} ${demand.createsContent}`;
    const alike = known.get(key);
    if (alike !== undefined) {
      refusals.push({ waiter, ...alike });
      continue;
    }
    const reads = candidates.filter((other) => !other.demand.write).length;
    const verdict = demand.write
      ? asWrite(permit(budget, demand, asking, limits))
      : lend(budget, demand.lane, reads, asking, limits);
    if (verdict.granted) {
      const { slots, reads: lent } = verdict;
      const block = slots === 0 ? null : { slots, reads: lent };
      const rest = candidates.filter((other) => other !== waiter);
      const left = withUs(verdict.budget, rest, refusals, asking, maxWaitMs);
      return { budget: left, answer: { granted: { waiter, block }, refusals: [] } };
    }
    known.set(key, verdict);
    refusals.push({ waiter, waitMs: verdict.waitMs, why: verdict.why });
  }
  return {
    budget: withUs(budget, candidates, refusals, asking, maxWaitMs),
    answer: { granted: null, refusals },
  };
}

/** A write is lent nothing. */
function asWrite(verdict: Verdict): ReturnType<typeof lend> {
  return verdict.granted ? { ...verdict, slots: 0, reads: 0 } : verdict;
}

const withoutUs = (budget: Budget, owner: string): Budget => ({
  ...budget,
  waiting: budget.waiting.filter((one) => one.owner !== owner),
});

/** Notes who of this process waits on, for the other processes and for people. */
function withUs(
  budget: Budget,
  waiters: readonly Waiter[],
  refusals: readonly Refused[],
  { owner, now }: Asking,
  maxWaitMs: number,
): Budget {
  const groups = Map.groupBy(waiters, ({ demand: { lane, write } }) => `${lane} ${write}`);
  const waiting = [...groups.values()].flatMap((group) => {
    const [first] = group;
    const waits = group.map(
      (waiter) => refusals.find((refused) => refused.waiter === waiter)?.waitMs ?? 0,
    );
    const shortest = Math.min(...waits);
    // These are told that it takes too long; they do not wait on.
    if (first === undefined || shortest > maxWaitMs) return [];
    return [waitingFrom(owner, first.demand, group.length, now + shortest)];
  });
  return { ...budget, waiting: [...budget.waiting, ...waiting] };
}

async function pause(clock: Clock, waitMs: number, nudge: Promise<void>): Promise<void> {
  const abort = new AbortController();
  const asleep = clock.sleep(waitMs, abort.signal).catch((error: unknown) => {
    if (!abort.signal.aborted) throw error;
  });
  await Promise.race([asleep, nudge]);
  abort.abort();
}

/** The error of a request while the shared budget cannot be asked. */
export function stateAway(cause: unknown): AppError {
  return new AppError({
    kind: 'unavailable',
    code: 'github_governor_state',
    message: "The shared budget of GitHub's limits cannot be read, so nothing was sent.",
    next: 'Check the database.',
    cause,
  });
}

/** The error of a request that would have to wait too long. */
export function tooLong(
  { credential, clock }: Pick<GovernorDeps, 'credential' | 'clock'>,
  why: WaitReason,
  waitMs: number,
): AppError {
  const until = new Date(clock.now().getTime() + waitMs).toISOString();
  return new AppError({
    kind: 'rate_limited',
    code: 'github_rate_limited',
    message: `GitHub's limits hold this request back until ${until} (${why}).`,
    next: 'Wait; the work goes on by itself when the limit is over.',
    details: { until, why, credential },
  });
}
