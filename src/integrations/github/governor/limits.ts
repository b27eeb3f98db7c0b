/**
 * GitHub's limits as one pure function over one small state, so that they can be shared through a row and tested over
 * virtual hours. Source: docs.github.com, REST API, "Rate limits" and "Best practices".
 */

/** Who waits: a person > the delivery of approved work > following it > proposing and scanning. */
export const lanes = ['person', 'deliver', 'follow', 'propose'] as const;
export type Lane = (typeof lanes)[number];

/** What one request takes from the budget. */
export interface Demand {
  readonly lane: Lane;
  /** POST, PATCH, PUT, DELETE: 5 points, one at a time; everything else is a read of 1 point. */
  readonly write: boolean;
  /** Makes issues, comments, pull requests, labels: counted apart. */
  readonly createsContent: boolean;
}

export interface Limits {
  readonly inFlight: number;
  readonly writeGapMs: number;
  readonly pointsPerMinute: number;
  readonly contentPerMinute: number;
  readonly contentPerHour: number;
  /** Permits of a process that died come back after this time. */
  readonly leaseMs: number;
}

export const githubLimits: Limits = {
  inFlight: 10,
  writeGapMs: 1000,
  pointsPerMinute: 900,
  contentPerMinute: 80,
  contentPerHour: 500,
  // A little more than the deadlines for connection and first byte; only a body that trickles outlives it.
  leaseMs: 15_000,
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
  /** [time, points] of the last minute. */
  readonly points: readonly (readonly [number, number])[];
  /** Times of content creations of the last hour. */
  readonly content: readonly number[];
}

interface Permit {
  readonly id: string;
  readonly write: boolean;
  readonly until: number;
}

export const emptyBudget: Budget = {
  pausedUntil: 0,
  strikes: 0,
  lastWrite: 0,
  permits: [],
  points: [],
  content: [],
};

export type Verdict =
  | { readonly granted: true; readonly budget: Budget }
  /** `waitMs` until it is worth asking again, `why` as a code. */
  | { readonly granted: false; readonly waitMs: number; readonly why: WaitReason };

export type WaitReason = 'paused' | 'in_flight' | 'write_gap' | 'points' | 'content';

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

/** Whether the request may be sent now. */
export function permit(
  before: Budget,
  demand: Demand,
  id: string,
  now: number,
  limits: Limits,
): Verdict {
  const budget = forgotten(before, now);
  const refusal = refuse(budget, demand, now, limits);
  if (refusal !== null) return refusal;
  const permits = [...budget.permits, { id, write: demand.write, until: now + limits.leaseMs }];
  return {
    granted: true,
    budget: {
      ...budget,
      permits,
      points: [...budget.points, [now, pointsOf(demand)]],
      content: demand.createsContent ? [...budget.content, now] : budget.content,
    },
  };
}

/** Gives the permit back after the answer or its loss. */
export function release(before: Budget, id: string, now: number): Budget {
  const held = before.permits.find((one) => one.id === id);
  const permits = before.permits.filter((one) => one.id !== id);
  return { ...before, permits, lastWrite: held?.write === true ? now : before.lastWrite };
}

function refuse(budget: Budget, demand: Demand, now: number, limits: Limits): Verdict | null {
  if (budget.pausedUntil > now) return wait(budget.pausedUntil - now, 'paused');
  const most = share[demand.lane];
  if (budget.permits.length >= limits.inFlight) return wait(askAgainMs, 'in_flight');
  if (demand.write) {
    if (budget.permits.some((held) => held.write)) return wait(askAgainMs, 'write_gap');
    const gap = budget.lastWrite + limits.writeGapMs - now;
    if (gap > 0) return wait(gap, 'write_gap');
  }
  const points = untilRoom(budget.points, pointsOf(demand), limits.pointsPerMinute * most);
  if (points !== null) return wait(points + minute - now, 'points');
  if (!demand.createsContent) return null;
  const hourly = untilRoom(budget.content.map(one), 1, limits.contentPerHour * most);
  if (hourly !== null) return wait(hourly + hour - now, 'content');
  const recent = budget.content.filter((at) => at > now - minute);
  const minutely = untilRoom(recent.map(one), 1, limits.contentPerMinute * most);
  return minutely === null ? null : wait(minutely + minute - now, 'content');
}

/** Time of the entry that has to leave its window before `more` fits under `most`; null when it fits now. */
function untilRoom(
  entries: readonly (readonly [number, number])[],
  more: number,
  most: number,
): number | null {
  let over = entries.reduce((sum, [, weight]) => sum + weight, 0) + more - Math.floor(most);
  if (over <= 0) return null;
  for (const [at, weight] of entries) {
    over -= weight;
    if (over <= 0) return at;
  }
  return entries.at(-1)?.[0] ?? 0;
}

function forgotten(budget: Budget, now: number): Budget {
  return {
    ...budget,
    permits: budget.permits.filter((held) => held.until > now),
    points: budget.points.filter(([at]) => at > now - minute),
    content: budget.content.filter((at) => at > now - hour),
  };
}

const pointsOf = (demand: Demand): number => (demand.write ? 5 : 1);
const one = (at: number): readonly [number, number] => [at, 1];
const wait = (waitMs: number, why: WaitReason): Verdict => ({
  granted: false,
  waitMs: Math.max(1, waitMs),
  why,
});
