import type { ReactNode } from 'react';
import { lazy, Suspense, useEffect, useState } from 'react';
import type { DialogProps } from './dialog-props.ts';
import { whenIdle } from './when-idle.ts';

const load = () => import('./dialog-window.tsx');
const DialogWindow = lazy(() => load().then(({ DialogWindow: View }) => ({ default: View })));

/** A window over the page that holds the focus until it is closed; Escape closes it. */
export function Dialog(props: DialogProps): ReactNode {
  const [wasOpened, setWasOpened] = useState(props.open);
  if (props.open && !wasOpened) setWasOpened(true);
  useEffect(() => {
    // Before it is asked for, so that it opens at once; whoever opens it tells of a failure.
    whenIdle(load).catch(() => undefined);
  }, []);
  if (!wasOpened) return null;
  return (
    <Suspense fallback={null}>
      <DialogWindow {...props} />
    </Suspense>
  );
}

/** The row of buttons that ends a form in a dialog. */
export function DialogButtons({ children }: { readonly children: ReactNode }): ReactNode {
  return <div className="mt-5 flex flex-wrap justify-end gap-2">{children}</div>;
}
