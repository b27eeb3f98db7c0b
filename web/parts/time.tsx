import type { ReactNode } from 'react';
import { useEffect, useState } from 'react';
import { formatDuration, formatExact, formatRelative } from './format.ts';

/** The time now, anew every `everyMs`. */
export function useNow(everyMs: number): Date {
  const [now, setNow] = useState(() => new Date());
  useEffect(() => {
    const timer = setInterval(() => setNow(new Date()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}

/** A moment, relative; its exact form with the time zone on hover. */
export function Time({ at }: { readonly at: string | Date }): ReactNode {
  const now = useNow(15_000);
  const date = new Date(at);
  return (
    <time dateTime={date.toISOString()} title={formatExact(date)} className="whitespace-nowrap">
      {formatRelative(date, now)}
    </time>
  );
}

/** How long something lasted, or lasts while it has no end. */
export function Duration({
  from,
  to,
}: {
  readonly from: string;
  readonly to: string | null;
}): ReactNode {
  const now = useNow(to === null ? 1000 : 3_600_000);
  const end = to === null ? now : new Date(to);
  return (
    <span className="whitespace-nowrap" title={`since ${formatExact(new Date(from))}`}>
      {formatDuration(end.getTime() - new Date(from).getTime())}
    </span>
  );
}
