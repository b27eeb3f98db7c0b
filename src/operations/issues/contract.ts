import { z } from 'zod';
import { bodyText, labelName, repositoryName, titleText } from '../../domain/input.ts';
import { operation } from '../operation.ts';

export const createIssue = operation({
  name: 'issues.create',
  summary: 'Write an issue in a watched repository or in the manager repository, once',
  permission: 'issues:write',
  effect: 'write',
  kind: 'call',
  needs: 'store',
  deadlineMs: null,
  doors: ['http', 'mcp', 'library'],
  input: z.strictObject({
    /** `owner/name` as configured, or the folder of a local repository. */
    repository: repositoryName,
    title: titleText,
    body: bodyText.default(''),
    labels: z.array(labelName).max(20).default([]),
  }),
  output: z.object({
    repository: z.string(),
    number: z.number(),
    url: z.string().nullable(),
    /** Found instead of made: the same request came before, or its answer was lost. */
    adopted: z.boolean(),
  }),
});
