import { z } from 'zod';
import { filePath, repositoryName } from '../../domain/input.ts';
import { errorKinds } from '../../lib/app-error.ts';
import { operation } from '../operation.ts';

/** One finding as `scan --format jsonl` prints it: paths relative to the repository root, lines from 1, nulls where nothing is known. */
export const FindingRow = z.object({
  repository: z.string(),
  rule: z.string(),
  path: z.string(),
  line: z.number(),
  endLine: z.number(),
  tag: z.string().nullable(),
  text: z.string(),
  owner: z.string().nullable(),
  issue: z.string().nullable(),
  confidence: z.number(),
  id: z.string(),
  fingerprint: z.string(),
  commit: z.string().nullable(),
  url: z.string().nullable(),
});
export type FindingRow = z.infer<typeof FindingRow>;

export const scanPath = operation({
  name: 'scans.path',
  summary: 'Scan folders, work trees or bare repositories; needs no configuration and no database',
  permission: 'public',
  effect: 'read',
  kind: 'call',
  needs: 'nothing',
  deadlineMs: null,
  doors: ['cli', 'library'],
  input: z.object({
    paths: z.array(filePath).min(1),
    stateFile: filePath.optional(),
    extraTags: z.array(z.string().regex(/^[A-Za-z][A-Za-z0-9_-]*$/u)).default([]),
  }),
  output: z.array(FindingRow),
});

export const scanRepositories = operation({
  name: 'scans.run',
  summary: 'Scan the configured repositories and propose what was found',
  permission: 'scans:run',
  effect: 'write',
  kind: 'call',
  needs: 'store',
  deadlineMs: null,
  doors: ['cli', 'http', 'library'],
  input: z.object({
    repositories: z.array(repositoryName).max(1000).default([]),
    scanners: z.array(z.enum(['todo', 'stale-issue'])).default([]),
    dryRun: z.boolean().default(false),
    /** False only at the machine itself: without sessions and rate limits; audited. */
    secure: z.boolean().default(true),
  }),
  output: z.object({
    findings: z.array(FindingRow),
    proposed: z.number(),
    wouldPropose: z.number(),
    problems: z.array(
      z.object({
        where: z.string(),
        kind: z.enum(errorKinds),
        code: z.string(),
        message: z.string(),
        next: z.string().nullable(),
      }),
    ),
  }),
});
