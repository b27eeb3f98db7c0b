import type { ReactNode } from 'react';

/** Charts side by side where there is room, one below the other where there is not. */
export function ChartGrid({ children }: { readonly children: ReactNode }): ReactNode {
  return (
    <div className="grid gap-x-8 gap-y-6 px-4 py-5 md:grid-cols-2 lg:grid-cols-3">{children}</div>
  );
}
