import { CircleUser } from 'lucide-react';
import type { ReactNode } from 'react';
import { lazy, Suspense } from 'react';
import { whenIdle } from '../parts/when-idle.ts';
import { OpenPalette } from './palette-button.tsx';
import { PauseButton } from './pause-button.tsx';
import { SpentToday } from './spent-today.tsx';

const PersonMenu = lazy(() =>
  whenIdle(() => import('./person-menu.tsx')).then(({ PersonMenu: View }) => ({ default: View })),
);

/** Title on the left; search, money, pause and the person on the right, on every page. */
export function TopLine({ children }: { readonly children: ReactNode }): ReactNode {
  return (
    <header className="print:hidden sticky top-0 z-20 flex h-12 shrink-0 items-center gap-3 border-line border-b bg-surface px-4">
      <div className="flex min-w-0 flex-1 items-baseline gap-3">{children}</div>
      <OpenPalette />
      <SpentToday />
      <PauseButton />
      <Suspense
        fallback={
          <span data-coming className="flex size-8 shrink-0 items-center justify-center text-quiet">
            <CircleUser aria-hidden size={18} />
          </span>
        }
      >
        <PersonMenu />
      </Suspense>
    </header>
  );
}
