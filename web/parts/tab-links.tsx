import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useEffect, useRef } from 'react';

/** Views of one thing, each with its own address. */
export function TabLinks<T extends string>({
  label,
  tabs,
  current,
  name = 'tab',
}: {
  readonly label: string;
  readonly tabs: readonly { readonly tab: T; readonly word: string; readonly count?: number }[];
  readonly current: T;
  /** Member of the address that says which one is shown. */
  readonly name?: string;
}): ReactNode {
  const nav = useRef<HTMLElement>(null);
  useEffect(() => {
    // On a small screen the tab that is shown may lie outside of the strip.
    const link = nav.current?.querySelector<HTMLElement>(`[data-tab="${current}"]`);
    link?.scrollIntoView({ block: 'nearest', inline: 'center' });
  }, [current]);
  return (
    <nav ref={nav} aria-label={label} className="overflow-x-auto border-line border-b">
      <ul className="flex gap-1 px-4">
        {tabs.map(({ tab, word, count }) => (
          <li key={tab}>
            <Link
              to="."
              search={(before: object) => ({ ...before, [name]: tab })}
              resetScroll={false}
              data-tab={tab}
              aria-current={tab === current ? 'page' : undefined}
              className="-mb-px flex h-9 items-center gap-1 whitespace-nowrap border-transparent border-b-2 px-2 text-13 text-quiet hover:text-text aria-[current=page]:border-accent aria-[current=page]:font-medium aria-[current=page]:text-text"
            >
              {word}
              {count === undefined || count === 0 ? null : (
                <span className="text-12 text-quiet">{count}</span>
              )}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}
