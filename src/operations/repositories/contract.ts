import { z } from 'zod';
import { repositoryName } from '../../domain/input.ts';
import { operation } from '../operation.ts';

export const RepositoryLine = z.object({
  name: z.string(),
  host: z.enum(['github', 'local']),
  /** `never_scanned` until the first look. */
  state: z.enum(['active', 'paused', 'never_scanned']),
  /** Who paused it; `configuration` when the file does; null while active. */
  pausedBy: z.string().nullable(),
  pausedAt: z.string().nullable(),
  lastScan: z
    .object({
      at: z.string(),
      commit: z.string().nullable(),
      /** Requests to the code host that the look cost; null where it was not measured. */
      requests: z.number().nullable(),
      durationMs: z.number().nullable(),
      /** Message of the last look when it failed. */
      problem: z.string().nullable(),
    })
    .nullable(),
  findingsOpen: z.number(),
  proposalsOpen: z.number(),
  merged: z.number(),
  runsLive: z.number(),
  /** Keys of the policy that differ from what holds without an entry, with both values. */
  differences: z.array(z.object({ key: z.string(), value: z.unknown(), inherited: z.unknown() })),
});
export type RepositoryLine = z.infer<typeof RepositoryLine>;

const read = {
  needs: 'store',
  kind: 'call',
  effect: 'read',
  permission: 'repo:read',
  deadlineMs: 30_000,
  doors: ['cli', 'http', 'mcp', 'library'],
} as const;

export const listRepositories = operation({
  ...read,
  name: 'repositories.list',
  summary: 'List watched repositories: state, last look and its cost, findings, proposals, merges',
  input: z.object({}),
  output: z.object({ items: z.array(RepositoryLine) }),
});

export const showRepository = operation({
  ...read,
  name: 'repositories.show',
  summary: 'Show one watched repository with the policy that holds for it',
  input: z.object({ repo: repositoryName }),
  output: RepositoryLine.extend({
    /** Each key of the policy with its value. */
    policy: z.record(z.string(), z.unknown()),
    /** Last looks, per rule. */
    scans: z.array(z.object({ rule: z.string(), commit: z.string(), at: z.string() })),
    states: z.record(z.string(), z.number()),
    suppressions: z.array(z.object({ id: z.string(), rule: z.string(), by: z.string() })),
  }),
});
