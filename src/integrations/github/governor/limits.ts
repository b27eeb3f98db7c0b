import type { Demand, Lane } from './lanes.ts';
import { mustYield, type Waiting, withoutEnded } from './waiting.ts';

/**
 * GitHub's limits as pure functions over one small state, so that they can be shared through a row and tested over
 * virtual hours. Source: docs.github.com, REST API, "Rate limits" and "Best practices".
 */

export interface Limits {
  readonly inFlight: number;
  readonly writeGapMs: number;
  readonly pointsPerMinute: number;
  readonly contentPerMinute: number;
  readonly contentPerHour: number;
  /** Permits of a process that died come back after this time. */
  readonly leaseMs: number;
  /** What one process is lent at a time for its reads. */
  readonly block: BlockSize;
}

export interface BlockSize {
  /** Reads under way at a time. */
  readonly slots: number;
  readonly reads: number;
  /** No read begins on it later than this. */
  readonly spendMs: number;
}

export const githubLimits: Limits = {
  inFlight: 10,
  writeGapMs: 1000,
  pointsPerMinute: 900,
  contentPerMinute: 80,
  contentPerHour: 500,
  // A little more than the deadlines for connection and first byte; what takes longer is renewed.
  leaseMs: 15_000,
  block: { slots: 3, reads: 20, spendMs: 2000 },
};

/** What is known of one credential; JSON, shared by all processes. Times are epoch milliseconds. */
export interface Budget {
  /** Nothing is sent before. */
  readonly pausedUntil: number;
  /** Refusals in a row that named no time. */
  readonly strikes: number;
  /** End of the last write. */
  readonly lastWrite: number;
  readonly permits: readonly Permit[];
  /** [time, points, permit] of the last minute, by time; a block's stand at the last moment at which they may be spent. */
  readonly points: readonly Spent[];
  /** Times of content creations of the last hour. */
  readonly content: readonly number[];
  /** Who waits in which process. */
  readonly waiting: readonly Waiting[];
}

type Spent = readonly [at: number, points: number, permit?: string];

interface Permit {
  readonly id: string;
  readonly write: boolean;
  /** Requests that may be under way on it. */
  readonly slots: number;
  readonly until: number;
}

export const emptyBudget: Budget = {
  pausedUntil: 0,
  strikes: 0,
  lastWrite: 0,
  permits: [],
  points: [],
  content: [],
  waiting: [],
};

export type Verdict<Granted = unknown> =
  | ({ readonly granted: true; readonly budget: Budget } & Granted)
  /** `waitMs` until it is worth asking again, `why` as a code. */
  | { readonly granted: false; readonly waitMs: number; readonly why: WaitReason };

export type WaitReason = 'paused' | 'in_flight' | 'write_gap' | 'points' | 'content' | 'lane';

/** Share of the budgets that a lane may use up; what is above is kept for those before it. */
const share: Readonly<Record<Lane, number>> = {
  person: 1,
  deliver: 0.95,
  follow: 0.85,
  propose: 0.75,
};

const minute = 60_000;
const hour = 3_600_000;
/** How soon a full house is asked again: permits come back without a word from other processes. */
const askAgainMs = 200;

/** Who asks, in which process, when. */
export interface Asking {
  /** Of the permit. */
  readonly id: string;
  /** The process. */
  readonly owner: string;
  readonly now: number;
}

/** Whether the request may be sent now. */
export function permit(before: Budget, demand: Demand, asking: Asking, limits: Limits): Verdict {
  const budget = forgotten(before, asking.now);
  const refusal = refuse(budget, demand, asking, limits);
  if (refusal !== null) return refusal;
  const { id, now } = asking;
  return {
    granted: true,
    budget: {
      ...budget,
      permits: [
        ...budget.permits,
        { id, write: demand.write, slots: 1, until: now + limits.leaseMs },
      ],
      points: inOrder([...budget.points, [now, pointsOf(demand), id]]),
      content: demand.createsContent ? [...budget.content, now] : budget.content,
    },
  };
}

/**
 * Lends a process reads that it may spend by itself: up to `slots` under way at a time, `reads` in all, none begun
 * after `spendMs`. They count from the start at the last moment at which they may be sent, so no window overflows.
 */
export function lend(
  before: Budget,
  lane: Lane,
  wanted: number,
  asking: Asking,
  limits: Limits,
): Verdict<{ readonly slots: number; readonly reads: number }> {
  const budget = forgotten(before, asking.now);
  const read: Demand = { lane, write: false, createsContent: false };
  const refusal = refuse(budget, read, asking, limits);
  if (refusal !== null) return refusal;
  const { id, now } = asking;
  const { block } = limits;
  const spendUntil = now + block.spendMs;
  const slots = Math.min(block.slots, wanted, most(limits.inFlight, lane) - underWay(budget));
  const left = most(limits.pointsPerMinute, lane) - sum(budget.points);
  const reads = Math.min(block.reads, left);
  const until = spendUntil + limits.leaseMs;
  return {
    granted: true,
    slots,
    reads,
    budget: {
      ...budget,
      permits: [...budget.permits, { id, write: false, slots, until }],
      points: inOrder([...budget.points, [spendUntil, reads, id]]),
    },
  };
}

/** Gives the permit back after the answer or its loss; of a block, with how many reads it was and when the last began. */
export function release(
  before: Budget,
  id: string,
  now: number,
  spent?: { readonly reads: number; readonly lastMs: number },
): Budget {
  const held = before.permits.find((one) => one.id === id);
  const permits = before.permits.filter((one) => one.id !== id);
  const budget = { ...before, permits, lastWrite: held?.write === true ? now : before.lastWrite };
  if (spent === undefined) return budget;
  const points = before.points.flatMap((entry): Spent[] => {
    if (entry[2] !== id) return [entry];
    return spent.reads === 0 ? [] : [[Math.min(entry[0], spent.lastMs), spent.reads, id]];
  });
  return { ...budget, points: inOrder(points) };
}

/** Keeps the permits of a process that is still at work with them. */
export function renew(
  before: Budget,
  ids: ReadonlySet<string>,
  now: number,
  limits: Limits,
): Budget {
  const permits = before.permits.map((held) =>
    ids.has(held.id) ? { ...held, until: Math.max(held.until, now + limits.leaseMs) } : held,
  );
  return { ...before, permits };
}

/** Requests that are or may be under way. */
export function underWay({ permits }: Pick<Budget, 'permits'>): number {
  return permits.reduce((total, { slots }) => total + slots, 0);
}

/**
 * The budget without what is over by now. A clock that was put back makes times of the past look far away: they count
 * from now then, and no permit is kept for longer than one can be held.
 */
export function forgotten(budget: Budget, now: number): Budget {
  const latest = now + minute;
  return {
    ...budget,
    lastWrite: Math.min(budget.lastWrite, now),
    permits: budget.permits.filter((held) => held.until > now && held.until <= latest),
    points: budget.points
      .filter(([at]) => at > now - minute)
      .map(([at, ...rest]): Spent => [Math.min(at, latest), ...rest]),
    content: budget.content.filter((at) => at > now - hour).map((at) => Math.min(at, now)),
    waiting: withoutEnded(budget.waiting, now),
  };
}

interface Refusal {
  readonly granted: false;
  readonly waitMs: number;
  readonly why: WaitReason;
}

function refuse(
  budget: Budget,
  demand: Demand,
  { owner, now }: Asking,
  limits: Limits,
): Refusal | null {
  const { lane } = demand;
  if (budget.pausedUntil > now) return wait(budget.pausedUntil - now, 'paused');
  if (mustYield(budget.waiting, demand, owner, now)) return wait(askAgainMs, 'lane');
  if (underWay(budget) >= most(limits.inFlight, lane)) return wait(askAgainMs, 'in_flight');
  if (demand.write) {
    if (budget.permits.some((held) => held.write)) return wait(askAgainMs, 'write_gap');
    const gap = budget.lastWrite + limits.writeGapMs - now;
    if (gap > 0) return wait(gap, 'write_gap');
  }
  const points = untilRoom(budget.points, pointsOf(demand), most(limits.pointsPerMinute, lane));
  if (points !== null) return wait(points + minute - now, 'points');
  if (!demand.createsContent) return null;
  const hourly = untilRoom(budget.content.map(one), 1, most(limits.contentPerHour, lane));
  if (hourly !== null) return wait(hourly + hour - now, 'content');
  const recent = budget.content.filter((at) => at > now - minute);
  const minutely = untilRoom(recent.map(one), 1, most(limits.contentPerMinute, lane));
  return minutely === null ? null : wait(minutely + minute - now, 'content');
}

const most = (limit: number, lane: Lane): number => Math.floor(limit * share[lane]);

/** Time of the entry that has to leave its window before `more` fits under `limit`; null when it fits now. */
function untilRoom(entries: readonly Spent[], more: number, limit: number): number | null {
  let over = sum(entries) + more - limit;
  if (over <= 0) return null;
  for (const [at, weight] of entries) {
    over -= weight;
    if (over <= 0) return at;
  }
  return entries.at(-1)?.[0] ?? 0;
}

const sum = (entries: readonly Spent[]): number =>
  entries.reduce((total, [, weight]) => total + weight, 0);
const inOrder = (entries: readonly Spent[]): readonly Spent[] =>
  entries.toSorted(([one], [other]) => one - other);
const pointsOf = (demand: Demand): number => (demand.write ? 5 : 1);
const one = (at: number): Spent => [at, 1];
const wait = (waitMs: number, why: WaitReason): Refusal => ({
  granted: false,
  waitMs: Math.max(1, waitMs),
  why,
});
