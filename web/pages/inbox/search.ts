import { z } from 'zod';

/** What the address of the inbox says. */
export const inboxSearch = z.object({
  /** The task whose detail is shown. */
  task: z.string().optional(),
  repo: z.string().optional(),
  kind: z.string().optional(),
  q: z.string().optional(),
  show: z.enum(['waiting', 'snoozed']).optional(),
  sort: z.enum(['rank', 'oldest', 'newest']).optional(),
});
/** How many proposals are listed before more are asked for. */
export const pageLength = 100;

/** What is listed when the address says nothing more. */
export const firstList = {
  waiting: true,
  snoozed: 'hide',
  sort: 'rank',
  limit: pageLength,
} as const;

export type InboxSearch = z.infer<typeof inboxSearch>;
