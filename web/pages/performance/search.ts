import { z } from 'zod';

const performanceTabs = ['operations', 'github', 'resources', 'queue'] as const;

export const performanceSearch = z.object({
  tab: z.enum(performanceTabs).optional(),
  hours: z.number().int().min(1).max(8784).optional(),
  /** One operation, or one kind of request; all together when not said. */
  name: z.string().optional(),
});
