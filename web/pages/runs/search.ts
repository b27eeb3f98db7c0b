import { z } from 'zod';

export const runsSearch = z.object({
  show: z.enum(['live', 'ended']).optional(),
  outcome: z.string().optional(),
  repo: z.string().optional(),
  agent: z.string().optional(),
});
