export interface Tally {
  /** Notes one thing about a key; answers how many different ones were noted within the span. */
  note(key: string, what: string, nowMs: number): number;
  clear(key: string): void;
  /** Every key with something in the span, and how many. */
  counts(nowMs: number): ReadonlyMap<string, number>;
}

/** Counts different things a key did within the last `spanMs`; remembers at most `maxKeys` keys and `most` things of each. */
export function createTally(options: {
  readonly spanMs: number;
  readonly maxKeys: number;
  readonly most: number;
}): Tally {
  const keys = new Map<string, Map<string, number>>();
  const alive = (noted: Map<string, number>, nowMs: number): Map<string, number> => {
    for (const [what, at] of noted) if (at <= nowMs - options.spanMs) noted.delete(what);
    return noted;
  };
  return {
    note: (key, what, nowMs) => {
      const noted = alive(keys.get(key) ?? new Map<string, number>(), nowMs);
      keys.delete(key);
      keys.set(key, noted);
      if (noted.has(what) || noted.size < options.most) noted.set(what, nowMs);
      const [oldest] = keys.keys();
      if (keys.size > options.maxKeys && oldest !== undefined) keys.delete(oldest);
      return noted.size;
    },
    clear: (key) => {
      keys.delete(key);
    },
    counts: (nowMs) =>
      new Map(
        [...keys].flatMap(([key, noted]) => {
          const { size } = alive(noted, nowMs);
          return size === 0 ? [] : [[key, size] as const];
        }),
      ),
  };
}
