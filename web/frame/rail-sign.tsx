import type { ReactNode } from 'react';
import { classNames } from '../parts/class-names.ts';
import { formatCount } from '../parts/format.ts';

const corner = 'absolute top-1 right-[calc(50%-36px)] sm:top-0 sm:right-0 lg:static';

/** A count beside a page in the rail; nothing when there is none. */
export function CountSign({
  count,
  what,
}: {
  readonly count: number | undefined;
  readonly what: string;
}): ReactNode {
  if (count === undefined || count === 0) return null;
  return (
    <span
      className={classNames(
        corner,
        'min-w-4 rounded-full bg-accent-solid px-1 text-center text-12 leading-4 font-medium text-on-accent lg:min-w-5 lg:leading-5',
      )}
    >
      {count > 99 ? '99+' : formatCount(count)}
      <span className="sr-only"> {what}</span>
    </span>
  );
}

/** A dot beside a page in the rail, with its meaning in words. */
export function DotSign({
  tone,
  what,
  isAlive = false,
}: {
  readonly tone: 'ok' | 'warn' | 'bad' | 'busy';
  readonly what: string;
  readonly isAlive?: boolean;
}): ReactNode {
  const colors = { ok: 'bg-ok', warn: 'bg-warn', bad: 'bg-bad', busy: 'bg-busy' };
  return (
    <span className={classNames(corner, 'inline-flex p-1 lg:mr-1')} title={what}>
      <span className={classNames('size-2 rounded-full', colors[tone], isAlive && 'alive')} />
      <span className="sr-only">{what}</span>
    </span>
  );
}
