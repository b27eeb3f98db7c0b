import { z } from 'zod';

export const tabs = ['evidence', 'approval', 'runs', 'diff', 'checks', 'cost', 'audit'] as const;
export type Tab = (typeof tabs)[number];

export const taskSearch = z.object({
  tab: z.enum(tabs).optional(),
  /** The run whose diff is shown; the latest when left out. */
  run: z.string().optional(),
});
