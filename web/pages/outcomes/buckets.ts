/** What happened in a day, or in the days that begin with it. */
export interface TrendBucket {
  /** `2026-11-28`, of UTC. */
  readonly day: string;
  readonly proposed: number;
  readonly approved: number;
  readonly merged: number;
  readonly costUsd: number;
}

/** Sums of `length` days each, from the last day back; the first may hold fewer. */
export function gather(days: readonly TrendBucket[], length: number): readonly TrendBucket[] {
  const sums: TrendBucket[] = [];
  for (let end = days.length; end > 0; end -= length) {
    const [first, ...rest] = days.slice(Math.max(0, end - length), end);
    if (first === undefined) break;
    sums.unshift(
      rest.reduce(
        (sum, one) => ({
          day: sum.day,
          proposed: sum.proposed + one.proposed,
          approved: sum.approved + one.approved,
          merged: sum.merged + one.merged,
          costUsd: sum.costUsd + one.costUsd,
        }),
        first,
      ),
    );
  }
  return sums;
}
