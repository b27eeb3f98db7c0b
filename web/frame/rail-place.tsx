import { Ellipsis } from 'lucide-react';
import type { ReactNode } from 'react';
import type { PageDefinition, PageNav } from '../page.ts';

/** A page that has a place in the rail. */
export type RailPage = PageDefinition & { readonly nav: PageNav };

/** Classes of a place in the rail. */
export const place =
  'flex-1 flex-col items-center justify-center gap-[2px] text-12 text-quiet hover:text-text ' +
  'sm:h-8 sm:flex-none sm:flex-row sm:gap-2 sm:rounded-6 sm:text-13 sm:font-medium sm:hover:bg-hover lg:justify-start lg:px-2';

/** What opens the places for which a small screen has no room. */
export function MoreWord(): ReactNode {
  return (
    <>
      <Ellipsis aria-hidden size={17} />
      More
    </>
  );
}
