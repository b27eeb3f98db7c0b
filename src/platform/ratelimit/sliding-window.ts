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
  /** Keys at most; beyond that the one that was quiet for longest is forgotten. */
  readonly maxKeys: number;
}

/** Times of one key, oldest first; those before `head` are gone. */
interface Times {
  head: number;
  list: number[];
}

/**
 * Exact: of any span of `windowMs` (its start excluded, its end included) at most `limit` calls are allowed, because every
 * allowed call is remembered by its time. Times come from one clock that never goes back. About 250 bytes a key.
 */
export function createSlidingWindow({ limit, windowMs, maxKeys }: WindowOptions): SlidingWindow {
  // In the order of their last call, so that the quiet ones come first.
  const keys = new Map<string, Times>();
  const current = (key: string, nowMs: number): Times | undefined => {
    const times = keys.get(key);
    if (times !== undefined) forget(times, nowMs - windowMs);
    return times;
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
    look: (key, nowMs) => state(current(key, nowMs), nowMs),
    take: (key, nowMs) => {
      if (limit() === 0) return state(undefined, nowMs);
      const times = current(key, nowMs) ?? { head: 0, list: [] };
      const before = state(times, nowMs);
      // Whoever is refused again and again stays among the lively ones and cannot be pushed out by a crowd.
      keys.delete(key);
      makeRoom(keys, nowMs - windowMs, maxKeys);
      keys.set(key, times);
      if (!before.isAllowed) return before;
      times.list.push(nowMs);
      return { ...before, remaining: before.remaining - 1, resetMs: windowMs };
    },
    size: () => keys.size,
  };
}

function forget(times: Times, until: number): void {
  while (times.head < times.list.length && (times.list[times.head] ?? 0) <= until) times.head += 1;
  if (times.head > 32 && times.head * 2 > times.list.length) {
    times.list = times.list.slice(times.head);
    times.head = 0;
  }
}

/** Looks at the two quietest keys only, so that a call costs the same however many there are. */
function makeRoom(keys: Map<string, Times>, until: number, maxKeys: number): void {
  for (let looked = 0; looked < 2; looked += 1) {
    const [quietest] = keys;
    if (quietest === undefined) return;
    const [key, { list }] = quietest;
    if (keys.size < maxKeys && (list.at(-1) ?? Number.POSITIVE_INFINITY) > until) return;
    keys.delete(key);
  }
}
