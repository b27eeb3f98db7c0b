import type { ReactNode } from 'react';
import { lookOf } from '../../parts/badge.tsx';
import { classNames } from '../../parts/class-names.ts';
import { formatExact } from '../../parts/format.ts';

const fills: Readonly<Record<string, string>> = {
  healthy: 'h-full bg-ok opacity-45',
  degraded: 'h-full bg-warn',
  unhealthy: 'h-full bg-bad',
  // Lower as well, so that it is not told apart by its color alone.
  unknown: 'h-1/3 bg-line-strong',
};

/** Results one after the other, the worst of each step; where nothing was measured there is a gap. */
export function StatusStrip({
  label,
  at,
  statuses,
  stepMs,
}: {
  readonly label: string;
  readonly at: readonly string[];
  readonly statuses: readonly (string | null)[];
  readonly stepMs: number;
}): ReactNode {
  const counts = new Map<string, number>();
  for (const status of statuses) {
    const word = status === null ? 'nobody measured' : lookOf(status).word.toLowerCase();
    counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  const words = [...counts].map(([word, count]) => `${count} ${word}`).join(', ');
  return (
    <div
      role="img"
      aria-label={`${label}, ${statuses.length} steps of ${Math.round(stepMs / 60_000)} minutes: ${words}`}
      className="flex h-5 w-full items-end gap-px"
    >
      {statuses.map((status, index) => (
        <span
          key={at[index]}
          title={`${formatExact(new Date(at[index] ?? 0))}: ${status === null ? 'nobody measured' : lookOf(status).word.toLowerCase()}`}
          className="flex h-full min-w-0 flex-1 items-end"
        >
          <span
            className={classNames(
              'w-full rounded-[1px]',
              status === null ? 'h-px bg-line' : (fills[status] ?? fills['unknown']),
            )}
          />
        </span>
      ))}
    </div>
  );
}
