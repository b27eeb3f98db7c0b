/**
 * Durations by their size: bin n holds what lies in (0.01 ms × 1.04^(n-1), 0.01 ms × 1.04^n], so that a percentile read
 * from bins is at most 4 % above the exact one, and bins of many minutes and processes add up.
 */
export type DurationBins = Readonly<Record<number, number>>;

const smallestMs = 0.01;
const growth = Math.log(1.04);
/** 0.01 ms × 1.04^500 is about an hour; what lasts longer stays in the last bin. */
const lastBin = 500;

export function binOf(ms: number): number {
  if (!(ms > smallestMs)) return 0;
  return Math.min(lastBin, Math.ceil(Math.log(ms / smallestMs) / growth - 1e-9));
}

/** The upper edge of a bin in milliseconds. */
function edgeMs(bin: number): number {
  return smallestMs * Math.exp(bin * growth);
}

export function addBins(one: DurationBins, other: DurationBins): DurationBins {
  const sum: Record<number, number> = { ...one };
  for (const [bin, count] of Object.entries(other))
    sum[Number(bin)] = (sum[Number(bin)] ?? 0) + count;
  return sum;
}

/** The nearest-rank percentile in milliseconds, 0 < share ≤ 1; null where nothing was measured. */
export function percentile(bins: DurationBins, share: number): number | null {
  const sorted = Object.entries(bins)
    .map(([bin, count]) => [Number(bin), count] as const)
    .toSorted(([one], [other]) => one - other);
  const total = sorted.reduce((sum, [, count]) => sum + count, 0);
  if (total === 0) return null;
  const rank = Math.max(1, Math.ceil(share * total));
  let seen = 0;
  for (const [bin, count] of sorted) {
    seen += count;
    if (seen >= rank) return edgeMs(bin);
  }
  return null;
}
