import { z } from 'zod';

export const tasksSearch = z.object({
  /** States with spaces between. */
  state: z.string().optional(),
  repo: z.string().optional(),
  agent: z.string().optional(),
  kind: z.string().optional(),
  q: z.string().optional(),
  sort: z.enum(['rank', 'oldest', 'newest']).optional(),
});

/** How many tasks are listed before more are asked for. */
export const pageLength = 100;

/** What is listed when the address says nothing more. */
export const firstList = { limit: pageLength, sort: 'updated' } as const;
