import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { sectionWord } from './section-word.ts';

/** The sections of the file, each with its own address. */
export function SectionList({
  sections,
  current,
  changed,
}: {
  readonly sections: readonly string[];
  readonly current: string | undefined;
  /** Those in which something was typed. */
  readonly changed: ReadonlySet<string>;
}): ReactNode {
  return (
    <nav aria-label="Sections" className="hidden lg:sticky lg:top-16 lg:block">
      <ul className="flex flex-col gap-[2px]">
        {sections.map((section) => (
          <li key={section}>
            <Link
              to="."
              search={(now: object) => ({ ...now, section, q: undefined })}
              resetScroll={false}
              aria-current={section === current ? 'page' : undefined}
              className="flex h-7 items-center rounded-6 px-2 text-13 text-quiet hover:bg-hover hover:text-text aria-[current=page]:bg-selected aria-[current=page]:font-medium aria-[current=page]:text-text"
            >
              <span className="flex-1 truncate">{sectionWord(section)}</span>
              {changed.has(section) ? <span className="text-12 text-accent">changed</span> : null}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}
