import { z } from 'zod';

export const settingsTabs = ['configuration', 'people', 'tokens', 'webhooks', 'agents'] as const;
export type SettingsTab = (typeof settingsTabs)[number];

export const settingsSearch = z.object({
  tab: z.enum(settingsTabs).optional(),
  /** First part of the keys that are shown: `executor`. */
  section: z.string().optional(),
  /** Words that a key or its description must hold. */
  q: z.string().optional(),
  /** Webhooks that come in, or go out. */
  way: z.enum(['in', 'out']).optional(),
  /** Of deliveries. */
  state: z.enum(['waiting', 'done', 'failed']).optional(),
  /** State of messages. */
  message: z.enum(['waiting', 'delivered', 'failed']).optional(),
});
