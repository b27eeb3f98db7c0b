import { z } from 'zod';

/** What the address of the outcomes says. */
export const outcomesSearch = z.object({
  days: z.union([z.literal(7), z.literal(30), z.literal(90), z.literal(365)]).optional(),
  repo: z.string().optional(),
  by: z.enum(['kind', 'agent', 'repository']).optional(),
});
