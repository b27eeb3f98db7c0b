import { z } from 'zod';

/** What the address of the list of repositories says. */
export const repositoriesSearch = z.object({
  q: z.string().optional(),
  state: z.enum(['active', 'paused', 'never_scanned', 'problem', 'differs']).optional(),
  sort: z.enum(['name', 'findings', 'proposals', 'merged', 'oldest']).optional(),
});
export type RepositoriesSearch = z.infer<typeof repositoriesSearch>;
