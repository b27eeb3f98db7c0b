import { z } from 'zod';

/** What the address of a repository says; its name holds slashes, so it stands here. */
export const repositorySearch = z.object({
  repo: z.string().optional(),
  tab: z.enum(['work', 'findings', 'policy']).optional(),
  /** Words in a finding. */
  q: z.string().optional(),
});
