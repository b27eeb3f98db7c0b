import type { ReactNode } from 'react';
import { classNames } from './class-names.ts';

/** A key of the keyboard, as it is printed on it. Decoration beside words: screen readers get it from `aria-keyshortcuts`. */
export function Key({
  children,
  onSolid = false,
}: {
  readonly children: ReactNode;
  readonly onSolid?: boolean;
}): ReactNode {
  return (
    <kbd
      aria-hidden
      className={classNames(
        'hidden h-5 min-w-5 items-center justify-center rounded-3 border px-1 text-12 leading-none sm:inline-flex',
        onSolid ? 'border-on-accent/40 text-on-accent' : 'border-line bg-sunken text-quiet',
      )}
    >
      {children}
    </kbd>
  );
}
