import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { lazy, Suspense } from 'react';
import { classNames } from '../parts/class-names.ts';
import { whenIdle } from '../parts/when-idle.ts';
import { useFrame } from './frame-context.ts';
import { MoreWord, place, type RailPage } from './rail-place.tsx';

const More = lazy(() =>
  whenIdle(() => import('./rail-more.tsx')).then(({ More: View }) => ({ default: View })),
);

/** How many places the bar at the bottom of a small screen has before "More". */
const placesInBar = 4;

/** The way to each page: words beside icons, icons alone below 1100 px, a bar at the bottom below 640 px. */
export function Rail(): ReactNode {
  const { pages } = useFrame();
  const shown = pages.filter((page): page is RailPage => page.nav !== undefined);
  const rest = shown.slice(placesInBar);
  return (
    <nav
      aria-label="Pages"
      className={classNames(
        'z-30 flex shrink-0 border-line bg-surface print:hidden',
        'fixed inset-x-0 bottom-0 h-14 border-t pb-[env(safe-area-inset-bottom)]',
        'sm:static sm:h-auto sm:w-14 sm:flex-col sm:gap-1 sm:border-t-0 sm:border-r sm:p-2 lg:w-[196px]',
      )}
    >
      <Link
        to="/inbox"
        aria-label="Claude Manager, to the inbox"
        className="mb-2 hidden h-8 items-center gap-2 rounded-6 px-1 font-semibold text-14 sm:flex sm:justify-center lg:justify-start lg:px-2"
      >
        <img src="/icon.svg" alt="" width={20} height={20} />
        <span className="hidden lg:inline">Claude Manager</span>
      </Link>
      {shown.map((page, index) => (
        <RailLink key={page.path} page={page} isInBar={index < placesInBar} />
      ))}
      {rest.length === 0 ? null : (
        <Suspense
          fallback={
            <span data-coming className={classNames('flex sm:hidden', place)}>
              <MoreWord />
            </span>
          }
        >
          <More pages={rest} />
        </Suspense>
      )}
    </nav>
  );
}

function RailLink({
  page,
  isInBar,
}: {
  readonly page: RailPage;
  readonly isInBar: boolean;
}): ReactNode {
  const { icon: Icon, sign: Sign } = page.nav;
  return (
    <Link
      to={page.path}
      activeOptions={{ includeSearch: false, exact: false }}
      activeProps={{ className: 'text-text! sm:bg-selected', 'aria-current': 'page' }}
      className={classNames('relative', isInBar ? 'flex' : 'hidden sm:flex', place)}
      title={page.title}
    >
      <Icon aria-hidden size={17} className="shrink-0" />
      <span className="sm:sr-only lg:not-sr-only lg:flex-1">{page.title}</span>
      {Sign === undefined ? null : <Sign />}
    </Link>
  );
}
