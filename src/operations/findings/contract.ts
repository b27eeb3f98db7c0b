import { z } from 'zod';
import { cursorText, plainId, plainName, repositoryName, searchText } from '../../domain/input.ts';
import { operation } from '../operation.ts';

export const FindingItem = z.object({
  id: z.string(),
  repository: z.string(),
  rule: z.string(),
  status: z.enum(['open', 'fixed', 'suppressed']),
  path: z.string(),
  line: z.number(),
  endLine: z.number(),
  tag: z.string().nullable(),
  text: z.string(),
  owner: z.string().nullable(),
  issue: z.string().nullable(),
  confidence: z.number(),
  commit: z.string().nullable(),
  url: z.string().nullable(),
  firstSeen: z.string(),
  /** The task that it led to, newest one. */
  task: z.object({ id: z.string(), state: z.string() }).nullable(),
});
export type FindingItem = z.infer<typeof FindingItem>;

const read = {
  needs: 'store',
  kind: 'call',
  effect: 'read',
  permission: 'tasks:read',
  deadlineMs: 30_000,
  doors: ['cli', 'http', 'mcp', 'library'],
} as const;

export const listFindings = operation({
  ...read,
  name: 'findings.list',
  summary: 'List findings by repository and place, a page at a time',
  input: z.object({
    repo: repositoryName.optional(),
    status: z.array(z.enum(['open', 'fixed', 'suppressed'])).optional(),
    rule: plainName.optional(),
    /** Text in the comment or the path, anywhere. */
    q: searchText.optional(),
    /** `next` of the page before. */
    after: cursorText.optional(),
    limit: z.number().int().min(1).max(500).default(100),
  }),
  output: z.object({ items: z.array(FindingItem), next: z.string().nullable() }),
});

export const showFinding = operation({
  ...read,
  name: 'findings.show',
  summary: 'Show one finding with the lines round it',
  input: z.object({ id: plainId }),
  output: FindingItem.extend({
    context: z.array(z.string()),
    contextStart: z.number(),
    fingerprint: z.string(),
    missedScans: z.number(),
  }),
});
