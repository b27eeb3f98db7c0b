import { z } from 'zod';
import { cursorText } from '../../domain/input.ts';
import { operation } from '../operation.ts';

/** Something that changed; who shows it reads it again. */
export const ChangeNotice = z.object({
  topic: z.enum(['task', 'run', 'finding', 'pause', 'scan']),
  /** Id of the task or run; key of the repository for the others. */
  id: z.string(),
  taskId: z.string().nullable(),
  /** State of the task, or outcome of the run. */
  state: z.string().nullable(),
  /** Key of the repository (`github:owner/name`). */
  repository: z.string().nullable(),
  at: z.string(),
});
export type ChangeNotice = z.infer<typeof ChangeNotice>;

export const listChanges = operation({
  name: 'changes.list',
  summary: 'Say what changed since a cursor, so that a page can refresh just that',
  permission: 'tasks:read',
  effect: 'read',
  kind: 'call',
  needs: 'store',
  deadlineMs: 30_000,
  doors: ['http', 'library'],
  input: z.object({
    /** `next` of the answer before; without it the answer is only the cursor of now. */
    after: cursorText.optional(),
    limit: z.number().int().min(1).max(1000).default(200),
  }),
  output: z.object({
    changes: z.array(ChangeNotice),
    next: z.string(),
    /** True: the cursor is too old or of another database; read everything again. */
    reset: z.boolean(),
  }),
});

/** `reset` instead of a change: something was missed, read everything again. */
export const WatchedChange = z.object({
  /** Where to go on after a break; sent again as Last-Event-ID. */
  cursor: z.string(),
  reset: z.boolean(),
  changes: z.array(ChangeNotice),
});
export type WatchedChange = z.infer<typeof WatchedChange>;

export const watchChanges = operation({
  name: 'changes.watch',
  summary: 'Follow what changes, from now or from a cursor on, as it happens',
  permission: 'tasks:read',
  effect: 'read',
  kind: 'stream',
  needs: 'store',
  deadlineMs: null,
  doors: ['http'],
  http: { path: '/events' },
  input: z.object({
    /** Cursor of the last event that was seen; without it from now on. */
    after: cursorText.optional(),
  }),
  /** Of each event. */
  output: WatchedChange,
});
