import { z } from 'zod';

/** What the address of the health page says. */
export const healthSearch = z.object({
  /** The check whose details are shown. */
  check: z.string().optional(),
  /** `unwell` leaves out what is healthy. */
  show: z.enum(['unwell']).optional(),
  /** `all` also shows alerts that are over. */
  alerts: z.enum(['all']).optional(),
});
