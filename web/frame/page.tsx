import type { ReactNode } from 'react';
import { useEffect, useRef } from 'react';
import { classNames } from '../parts/class-names.ts';
import { SayOnce } from '../parts/states.tsx';
import { TopLine } from './top-line.tsx';
import { UnsealedBanner } from './unsealed-banner.tsx';

/**
 * What every page stands in: the top line with its title and, as plain words, what it shows; then one column.
 * `fill` gives the content the rest of the window's height to scroll in by itself.
 */
export function Page({
  title,
  named = title,
  about,
  actions,
  fill = false,
  children,
}: {
  readonly title: string;
  /** What the window is called, where that says more than the title. */
  readonly named?: string;
  readonly about?: ReactNode;
  readonly actions?: ReactNode;
  readonly fill?: boolean;
  readonly children: ReactNode;
}): ReactNode {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${named} · Claude Manager`;
  }, [named]);
  useEffect(() => {
    // A screen reader hears where it is after a change of page; who has put the focus somewhere keeps it.
    if (document.activeElement === document.body) heading.current?.focus({ preventScroll: true });
  }, []);
  return (
    <div className={classNames('flex min-w-0 flex-col', fill ? 'h-full' : 'min-h-full')}>
      <TopLine>
        <h1 ref={heading} tabIndex={-1} className="truncate text-16 font-semibold outline-none">
          {title}
        </h1>
        {about === undefined ? null : (
          <p className="hidden min-w-0 truncate text-13 text-quiet md:block">{about}</p>
        )}
      </TopLine>
      <UnsealedBanner />
      {actions === undefined ? null : (
        <div className="flex flex-wrap items-center gap-2 border-line border-b bg-surface px-4 py-2 print:hidden">
          {actions}
        </div>
      )}
      <div
        className={classNames('mx-auto w-full min-w-0 max-w-[1280px] flex-1', fill && 'min-h-0')}
      >
        <SayOnce>{children}</SayOnce>
      </div>
    </div>
  );
}
