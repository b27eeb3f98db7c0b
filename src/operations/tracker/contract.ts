import { z } from 'zod';
import { filePath } from '../../domain/input.ts';
import { operation } from '../operation.ts';

export const TrackerReport = z.object({
  file: z.string(),
  entries: z.number(),
  /** Entries that cannot be read, each with the reason. */
  skipped: z.array(z.object({ key: z.string(), why: z.string() })),
  repositories: z.array(z.object({ name: z.string(), entries: z.number() })),
});
export type TrackerReport = z.infer<typeof TrackerReport>;

export const previewTracker = operation({
  name: 'tracker.preview',
  summary: 'Read a task_tracker.json of the first generation and say what would be taken over',
  permission: 'public',
  effect: 'read',
  kind: 'call',
  needs: 'nothing',
  deadlineMs: 60_000,
  doors: ['cli'],
  input: z.strictObject({ file: filePath }),
  output: TrackerReport,
});

export const importTracker = operation({
  name: 'tracker.import',
  summary:
    'Take over what the first generation proposed (task_tracker.json), so that it is not proposed again',
  permission: 'tasks:write',
  effect: 'write',
  kind: 'call',
  needs: 'store',
  deadlineMs: 120_000,
  doors: ['cli', 'library'],
  input: z.strictObject({ file: filePath }),
  output: TrackerReport.extend({
    /** Taken over now. */
    added: z.number(),
    /** Were taken over before. */
    known: z.number(),
  }),
});
