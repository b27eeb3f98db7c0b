import { Inbox } from 'lucide-react';
import { listTasks } from '../../../src/operations/tasks/contract.ts';
import { definePage } from '../../page.ts';
import { InboxSign } from './inbox-sign.tsx';
import { firstList, inboxSearch } from './search.ts';

/** What waits for a decision. */
export const inbox = definePage({
  path: '/inbox',
  title: 'Inbox',
  permission: 'tasks:read',
  search: inboxSearch,
  nav: { icon: Inbox, sign: InboxSign },
  first: [{ contract: listTasks, input: firstList }],
  load: () => import('./inbox.tsx').then(({ InboxPage }) => ({ View: InboxPage })),
});
