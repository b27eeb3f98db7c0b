import { z } from 'zod';
import { repositoryName } from '../../domain/input.ts';
import { operation } from '../operation.ts';

const Row = z.object({
  name: z.string(),
  proposed: z.number(),
  approved: z.number(),
  rejected: z.number(),
  merged: z.number(),
  runs: z.number(),
  costUsd: z.number(),
  costPerMergedUsd: z.number().nullable(),
  /** Hours from proposal to merge, the middle one of the merged. */
  leadTimeHours: z.number().nullable(),
});
export type OutcomeRow = z.infer<typeof Row>;

const Figure = z.object({
  key: z.enum(['merged', 'approved_share', 'cost_per_merged', 'lead_time']),
  label: z.string(),
  unit: z.enum(['count', 'share', 'usd', 'hours']),
  /** Null where nothing happened to divide by. */
  value: z.number().nullable(),
  /** The same of the period of equal length before. */
  previous: z.number().nullable(),
  definition: z.string(),
});

export type OutcomeFigure = z.infer<typeof Figure>;

export const showOutcomes = operation({
  name: 'outcomes.show',
  summary: 'Say what came of the work in a period: approved, merged, cost, lead time',
  permission: 'metrics:read',
  effect: 'read',
  kind: 'call',
  needs: 'store',
  deadlineMs: 30_000,
  doors: ['cli', 'http', 'mcp', 'library'],
  input: z.object({
    days: z.number().int().min(1).max(3650).default(30),
    /** End of the period; now when left out. */
    until: z.iso.datetime({ offset: true }).optional(),
    repo: repositoryName.optional(),
  }),
  output: z.object({
    from: z.string(),
    until: z.string(),
    figures: z.array(Figure),
    totals: Row,
    /** One entry a day (UTC), oldest first, empty days included. */
    trend: z.array(
      z.object({
        day: z.string(),
        proposed: z.number(),
        approved: z.number(),
        merged: z.number(),
        costUsd: z.number(),
      }),
    ),
    byKind: z.array(Row),
    byAgent: z.array(Row),
    byRepository: z.array(Row),
  }),
});
