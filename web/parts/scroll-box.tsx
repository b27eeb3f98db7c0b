import type { CSSProperties, ReactNode, Ref } from 'react';
import { classNames } from './class-names.ts';

/** A box that scrolls by itself. It can be reached and scrolled by keyboard, so it has a name. */
export function ScrollBox({
  label,
  className,
  style,
  ref,
  children,
}: {
  readonly label: string;
  readonly className?: string;
  readonly style?: CSSProperties;
  readonly ref?: Ref<HTMLDivElement>;
  readonly children: ReactNode;
}): ReactNode {
  return (
    <div
      ref={ref}
      role="region"
      aria-label={label}
      // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
      tabIndex={0}
      style={style}
      className={classNames('overflow-auto focus-visible:-outline-offset-2', className)}
    >
      {children}
    </div>
  );
}
