import { z } from 'zod';
import { operation } from '../operation.ts';

/** GitHub takes 65,536 characters for a body; the hidden marker needs some of them. */
const bodyLength = 60_000;

export const createIssue = operation({
  name: 'issues.create',
  summary: 'Write an issue in a watched repository or in the manager repository, once',
  permission: 'issues:write',
  effect: 'write',
  kind: 'call',
  needs: 'store',
  deadlineMs: null,
  doors: ['http', 'library'],
  input: z.strictObject({
    /** `owner/name` as configured, or the folder of a local repository. */
    repository: z.string().min(1),
    title: z.string().trim().min(1).max(256),
    body: z.string().max(bodyLength).default(''),
    labels: z.array(z.string().min(1).max(50)).max(20).default([]),
  }),
  output: z.object({
    repository: z.string(),
    number: z.number(),
    url: z.string().nullable(),
    /** Found instead of made: the same request came before, or its answer was lost. */
    adopted: z.boolean(),
  }),
});
