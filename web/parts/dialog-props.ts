import type { ReactNode } from 'react';

/** A window over the page. */
export interface DialogProps {
  readonly open: boolean;
  readonly onClose: () => void;
  readonly title: ReactNode;
  readonly about?: ReactNode;
  readonly wide?: boolean;
  readonly children: ReactNode;
}
