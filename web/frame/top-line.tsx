import type { ReactNode } from 'react';
import { OpenPalette } from './palette-button.tsx';
import { PauseButton } from './pause-button.tsx';
import { PersonMenu } from './person-menu.tsx';
import { SpentToday } from './spent-today.tsx';

/** Title on the left; search, money, pause and the person on the right, on every page. */
export function TopLine({ children }: { readonly children: ReactNode }): ReactNode {
  return (
    <header className="print:hidden sticky top-0 z-20 flex h-12 shrink-0 items-center gap-3 border-line border-b bg-surface px-4">
      <div className="flex min-w-0 flex-1 items-baseline gap-3">{children}</div>
      <OpenPalette />
      <SpentToday />
      <PauseButton />
      <PersonMenu />
    </header>
  );
}
