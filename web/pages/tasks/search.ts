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
