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
  /** What is paused: everything, this repository, or this one by its policy; null while active. */
  pausedBecause: z.enum(['everything', 'repository', 'policy']).nullable(),
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

/** Whether the service can read a repository and write what it makes there. */
export const RepositoryAccess = z.object({
  name: z.string(),
  host: z.enum(['github', 'local']),
  /** `manager`: it takes the proposals as issues. */
  use: z.enum(['watched', 'manager']),
  state: z.enum(['ok', 'failed']),
  /** What was asked and answered. */
  evidence: z.string(),
  /** What mends it; null when nothing is wrong. */
  next: z.string().nullable(),
});
export type RepositoryAccess = z.infer<typeof RepositoryAccess>;

export const checkAccess = operation({
  ...read,
  name: 'repositories.access',
  summary: 'Ask the code hosts whether the credential can read and write the watched repositories',
  permission: 'scans:run',
  doors: ['http', 'library'],
  deadlineMs: 60_000,
  input: z.object({ limit: z.number().int().min(1).max(50).default(10) }),
  output: z.object({
    /** Whom the credential for GitHub belongs to; null when GitHub is not used, or does not know it. */
    login: z.string().nullable(),
    items: z.array(RepositoryAccess),
    /** Watched repositories that were not asked about. */
    left: z.number(),
  }),
});

export const RepositoryStory = RepositoryLine.extend({
  /** Each key of the policy with its value. */
  policy: z.record(z.string(), z.unknown()),
  /** The entry of `repositories` in the configuration that decides. */
  entry: z.object({
    /** Its position; null when none matches. */
    index: z.number().nullable(),
    match: z.string().nullable(),
    /** It names this repository and no pattern. */
    isOwn: z.boolean(),
    /** Watched repositories that it decides for. */
    decides: z.number(),
    /** How many entries there are. */
    entries: z.number(),
    /** What it says, by key below the entry: `caps.proposalsOpen`. */
    written: z.record(z.string(), z.unknown()),
    /** What holds where an entry leaves the key out. */
    leftOut: z.record(z.string(), z.unknown()),
  }),
  /** Last looks, per rule. */
  scans: z.array(z.object({ rule: z.string(), commit: z.string(), at: z.string() })),
  states: z.record(z.string(), z.number()),
  suppressions: z.array(z.object({ id: z.string(), rule: z.string(), by: z.string() })),
});
export type RepositoryStory = z.infer<typeof RepositoryStory>;

export const showRepository = operation({
  ...read,
  name: 'repositories.show',
  summary: 'Show one watched repository with the policy that holds for it',
  input: z.object({ repo: repositoryName }),
  output: RepositoryStory,
});
