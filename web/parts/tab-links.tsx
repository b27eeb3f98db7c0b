import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';

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
  return (
    <nav aria-label={label} className="border-line border-b">
      {/* On a small screen they take a second line rather than be cut. */}
      <ul className="flex flex-wrap px-1 sm:gap-x-1 sm:px-4">
        {tabs.map(({ tab, word, count }) => (
          <li key={tab}>
            <Link
              to="."
              search={(before: object) => ({ ...before, [name]: tab })}
              resetScroll={false}
              aria-current={tab === current ? 'page' : undefined}
              className="-mb-px flex h-9 items-center gap-1 whitespace-nowrap border-transparent border-b-2 px-1.5 text-12 sm:px-2 sm:text-13 text-quiet hover:text-text aria-[current=page]:border-accent aria-[current=page]:font-medium aria-[current=page]:text-text"
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
