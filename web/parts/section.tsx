import type { ReactNode } from 'react';
import { useId } from 'react';

/** A part of a page under its own heading. */
export function Section({
  title,
  aside,
  level = 3,
  children,
}: {
  readonly title: string;
  readonly aside?: ReactNode;
  /** Of its heading: 2 where nothing stands between it and the title of the page. */
  readonly level?: 2 | 3;
  readonly children: ReactNode;
}): ReactNode {
  const id = useId();
  const Heading = `h${level}` as const;
  return (
    <section aria-labelledby={id} className="flex flex-col gap-2">
      <div className="flex flex-wrap items-baseline justify-between gap-x-4">
        <Heading id={id} className="font-semibold text-13">
          {title}
        </Heading>
        {aside === undefined ? null : <div className="text-12 text-quiet">{aside}</div>}
      </div>
      {children}
    </section>
  );
}

/** Names and what they are, in two columns. */
export function Facts({ children }: { readonly children: ReactNode }): ReactNode {
  return (
    <dl className="grid grid-cols-[minmax(96px,auto)_minmax(0,1fr)] gap-x-4 gap-y-1 text-13">
      {children}
    </dl>
  );
}

export function Fact({
  name,
  children,
}: {
  readonly name: string;
  readonly children: ReactNode;
}): ReactNode {
  return (
    <>
      <dt className="text-quiet">{name}</dt>
      <dd className="min-w-0 break-words">{children}</dd>
    </>
  );
}
