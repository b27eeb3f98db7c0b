import type { ReactNode } from 'react';
import { RowBones, Waiting } from '../parts/states.tsx';
import { Page } from './page.tsx';

/** While the code of a page is on its way. */
export function PagePending({ title }: { readonly title: string }): ReactNode {
  return (
    <Page title={title}>
      <Waiting>
        <RowBones />
      </Waiting>
    </Page>
  );
}
