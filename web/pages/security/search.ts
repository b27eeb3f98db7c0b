import { z } from 'zod';

export const securityTabs = [
  'overview',
  'audit',
  'chain',
  'blocked',
  'sessions',
  'tokens',
  'credentials',
] as const;
export type SecurityTab = (typeof securityTabs)[number];

export const securitySearch = z.object({
  tab: z.enum(securityTabs).optional(),
  /** How far back, in hours; of the audit log everything when not said. */
  hours: z.number().int().min(1).max(8784).optional(),
  /** Of the audit log. */
  q: z.string().optional(),
  event: z.string().optional(),
  outcome: z.enum(['begun', 'ok', 'refused', 'failed']).optional(),
  /** Entries before this one. */
  before: z.number().int().min(1).optional(),
  /** The entry that is open. */
  entry: z.number().int().min(1).optional(),
});

export const reportSearch = z.object({ hours: z.number().int().min(1).max(8784).optional() });
