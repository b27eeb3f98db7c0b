/** What a window says of one key. */
export interface WindowState {
  readonly isAllowed: boolean;
  readonly limit: number;
  /** How many more would be allowed now. */
  readonly remaining: number;
  /** Milliseconds until one more is allowed; 0 when it is allowed now. */
  readonly retryAfterMs: number;
  /** Milliseconds until all of them are forgotten. */
  readonly resetMs: number;
}

export interface SlidingWindow {
  /** Looks without counting. */
  look(key: string, nowMs: number): WindowState;
  /** Counts one when it is allowed; what is refused is not counted. */
  take(key: string, nowMs: number): WindowState;
  /** Keys that are remembered. */
  size(): number;
}

export interface WindowOptions {
  /** Read at each call, so that a reload is seen at once; 0 = no limit. */
  readonly limit: () => number;
  readonly windowMs: number;
  /** Keys at most; beyond that those that were quiet for longest are forgotten. */
  readonly maxKeys: number;
}

/** Times of one key, oldest first; those before `head` are gone. */
interface Times {
  head: number;
  list: number[];
}

/**
 * Exact: of any span of `windowMs` (its start excluded, its end included) at most `limit` calls are allowed, because every
 * allowed call is remembered by its time. Times come from one clock that never goes back. A call costs the same however
 * many keys there are.
 */
export function createSlidingWindow({ limit, windowMs, maxKeys }: WindowOptions): SlidingWindow {
  // Two generations: whoever calls is in the young one. When that is full or a window old, it becomes the old one, and what
  // is left in the old one has been quiet for longest. So nothing is ever searched for or sorted.
  let young = new Map<string, Times>();
  let old = new Map<string, Times>();
  let bornMs = 0;
  const timesOf = (key: string, nowMs: number): Times | undefined => {
    const times = young.get(key) ?? old.get(key);
    if (times !== undefined) forget(times, nowMs - windowMs);
    return times;
  };
  const age = (nowMs: number): void => {
    const isQuiet = nowMs - bornMs >= windowMs;
    if (!isQuiet && young.size < maxKeys / 2) return;
    // Quiet for two windows: nothing in either is younger than one.
    old = nowMs - bornMs >= 2 * windowMs ? new Map() : young;
    young = new Map();
    bornMs = nowMs;
  };
  const state = (times: Times | undefined, nowMs: number): WindowState => {
    const most = limit();
    const used = times === undefined ? 0 : times.list.length - times.head;
    const oldestThatMatters = times?.list[times.head + used - most];
    const isAllowed = most === 0 || used < most;
    return {
      isAllowed,
      limit: most,
      remaining: Math.max(0, most - used),
      retryAfterMs: isAllowed ? 0 : (oldestThatMatters ?? nowMs) + windowMs - nowMs,
      resetMs: used === 0 ? 0 : (times?.list.at(-1) ?? nowMs) + windowMs - nowMs,
    };
  };
  return {
    look: (key, nowMs) => state(timesOf(key, nowMs), nowMs),
    take: (key, nowMs) => {
      if (limit() === 0) return state(undefined, nowMs);
      const times = timesOf(key, nowMs) ?? { head: 0, list: [] };
      const before = state(times, nowMs);
      age(nowMs);
      // Whoever is refused again and again stays among the lively ones and cannot be pushed out by a crowd.
      if (!young.has(key)) {
        young.set(key, times);
        old.delete(key);
      }
      if (!before.isAllowed) return before;
      times.list.push(nowMs);
      return { ...before, remaining: before.remaining - 1, resetMs: windowMs };
    },
    size: () => young.size + old.size,
  };
}

function forget(times: Times, until: number): void {
  while (times.head < times.list.length && (times.list[times.head] ?? 0) <= until) times.head += 1;
  if (times.head > 32 && times.head * 2 > times.list.length) {
    times.list = times.list.slice(times.head);
    times.head = 0;
  }
}
