import { Outlet, useRouterState } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { lazy, Suspense, useCallback, useEffect, useMemo, useState } from 'react';
import { useData } from '../data/data.tsx';
import { SignedIn } from '../data/session.tsx';
import { KeyboardProvider } from '../parts/keys.tsx';
import { DecisionToasts } from './decision-toasts.tsx';
import { FrameContext, useFrame } from './frame-context.ts';
import { useKeepFocus } from './keep-focus.ts';
import { KeyOverview } from './key-overview.tsx';
import { NotOpen } from './not-open.tsx';
import { PauseDialog } from './pause-dialog.tsx';
import { ProveAgain } from './prove-again.tsx';
import { Rail } from './rail.tsx';

const Palette = lazy(() =>
  import('./palette.tsx').then(({ Palette: View }) => ({ default: View })),
);

/** Rail, page and what floats above it, for somebody who is signed in. */
export function Frame(): ReactNode {
  const { pages } = useFrame();
  const [palette, setPalette] = useState(false);
  const [keys, setKeys] = useState(false);
  const [isPausing, setPausing] = useState(false);
  useEffect(() => {
    const listen = (event: KeyboardEvent): void => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
        event.preventDefault();
        setPalette((isOpen) => !isOpen);
      }
    };
    document.addEventListener('keydown', listen);
    return () => document.removeEventListener('keydown', listen);
  }, []);
  useKeepFocus();
  const isLeaving = useIsLeaving();
  const openPalette = useCallback(() => setPalette(true), []);
  const openKeys = useCallback(() => setKeys(true), []);
  const askPause = useCallback(() => setPausing(true), []);
  const parts = useMemo(
    () => ({ pages, openPalette, openKeys, askPause }),
    [pages, openPalette, openKeys, askPause],
  );
  return (
    <SignedIn refused={(error, retry) => <NotOpen error={error} retry={retry} />}>
      <FrameContext value={parts}>
        <KeyboardProvider>
          <a
            href="#content"
            className="fixed top-2 left-2 z-50 -translate-y-16 rounded-6 bg-accent-solid px-3 py-2 text-on-accent focus:translate-y-0"
          >
            Skip to the content
          </a>
          <div className="isolate flex h-dvh flex-col print:block print:h-auto pb-14 sm:flex-row sm:pb-0">
            <Rail />
            {/* What is reached by Tab is scrolled out from under the lines that stay at its top and bottom. */}
            <main
              id="content"
              inert={isLeaving}
              className="min-h-0 min-w-0 flex-1 scroll-pt-14 scroll-pb-20 overflow-y-auto print:overflow-visible"
            >
              <Outlet />
            </main>
          </div>
          <Follow />
          <DecisionToasts />
          <ProveAgain />
          <KeyOverview open={keys} onOpen={openKeys} onClose={() => setKeys(false)} />
          <PauseDialog open={isPausing} onOpen={askPause} onClose={() => setPausing(false)} />
          {palette ? (
            <Suspense fallback={null}>
              <Palette onClose={() => setPalette(false)} />
            </Suspense>
          ) : null}
        </KeyboardProvider>
      </FrameContext>
    </SignedIn>
  );
}

/**
 * Whether the page that is shown is no longer the one of the address, as the next one is not there yet: nothing is done on
 * it any more, lest what was meant for the next page is done to what stands on this one.
 */
function useIsLeaving(): boolean {
  return useRouterState({
    select: ({ location, matches }) => matches.at(-1)?.pathname !== location.pathname,
  });
}

/** Hears of changes as long as the frame is shown, so not before somebody has signed in. */
function Follow(): ReactNode {
  const { live } = useData();
  useEffect(() => live.follow(), [live]);
  return null;
}
