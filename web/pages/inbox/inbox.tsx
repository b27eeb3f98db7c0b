import type { ReactNode } from 'react';
import { Page } from '../../frame/page.tsx';

export function InboxPage(): ReactNode {
  return <Page title="Inbox">{null}</Page>;
}
