import { Inbox } from 'lucide-react';
import { definePage } from '../../page.ts';
import { InboxSign } from './inbox-sign.tsx';
import { inboxSearch } from './search.ts';

/** What waits for a decision. */
export const inbox = definePage({
  path: '/inbox',
  title: 'Inbox',
  permission: 'tasks:read',
  search: inboxSearch,
  nav: { icon: Inbox, sign: InboxSign },
  load: () => import('./inbox.tsx').then(({ InboxPage }) => ({ View: InboxPage })),
});
