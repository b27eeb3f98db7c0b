import type { ReactNode } from 'react';
import { ErrorPanel } from '../parts/states.tsx';
import { Page } from './page.tsx';

/** A page that could not be drawn; the rest of the dashboard stays. */
export function PageError({
  title,
  error,
  retry,
}: {
  readonly title: string;
  readonly error: unknown;
  readonly retry: () => void;
}): ReactNode {
  return (
    <Page title={title}>
      <ErrorPanel error={error} retry={retry} />
    </Page>
  );
}
