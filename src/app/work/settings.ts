import { readFile } from 'node:fs/promises';
import { isAbsolute, join, matchesGlob, resolve } from 'node:path';
import type { RepositoryPolicy } from '../../domain/policy.ts';
import type { RepositoryRef } from '../../domain/repository.ts';
import { AppError } from '../../lib/app-error.ts';
import type { PolicyEntry } from '../../operations/repositories/handlers.ts';
import type { Settings } from '../../pipeline/pipeline-ports.ts';
import type { Config } from '../../platform/config/schema.ts';
import { repositories } from '../../platform/config/sections/repositories.ts';

type Entry = Config['repositories'][number];

/** What the pipeline reads of the configuration, looked up anew at each call so that a reload is seen at once. */
export function createSettings(current: () => Config, folder: string): Settings {
  return {
    managerOf: (target) => findManager(current(), target) ?? managerMissing(target),
    findManager: (target) => findManager(current(), target),
    policyOf: (target) => policyOf(current(), target, folder),
    labels: () => current().github.labels,
    limits: () => {
      const { changedFiles, patchKb, binaryFileKb, outputMb } = current().executor.limits;
      return {
        files: changedFiles,
        patchBytes: patchKb * 1024,
        binaryFileBytes: binaryFileKb * 1024,
        outputBytes: outputMb * 1024 * 1024,
      };
    },
    agentByLabel: (labels) => {
      const byLabel = current().github.labels.agents;
      return labels.map((label) => byLabel[label]).find((agent) => agent !== undefined) ?? null;
    },
    promptTemplate: async (kind) => {
      const { prompts } = current().executor;
      return prompts === null ? null : template(resolve(folder, prompts, `${kind}.md`));
    },
    maxRounds: () => current().executor.maxRounds,
    agentCap: (agent) => {
      const { agents, maxConcurrentPerAgent } = current().executor;
      return agents[agent]?.maxConcurrent ?? maxConcurrentPerAgent;
    },
    quietHours: () => current().executor.quietHours,
  };
}

/** A local repository is its own manager: its proposals live in our database. */
function findManager({ github }: Config, target: RepositoryRef): RepositoryRef | null {
  if (target.host === 'local') return target;
  return github.managerRepo === null ? null : { host: 'github', name: github.managerRepo };
}

function managerMissing({ name }: RepositoryRef): never {
  throw new AppError({
    kind: 'invalid_input',
    code: 'manager_missing',
    message: `${name} is on GitHub, but no manager repository is configured to take its proposals.`,
    next: 'Set github.managerRepo to owner/name.',
  });
}

/** The first entry that matches holds; without one the defaults of the executor. */
function policyOf(config: Config, target: RepositoryRef, folder: string): RepositoryPolicy {
  const entry = config.repositories.find((one) => matches(one, target, folder));
  return policyFrom(config, entry);
}

/** The entry that decides for a repository: what it says, and what holds for what it leaves out. */
export function policyEntry(config: Config, target: RepositoryRef, folder: string): PolicyEntry {
  const index = config.repositories.findIndex((one) => matches(one, target, folder));
  const entry = config.repositories[index];
  const match = entry?.match ?? target.name;
  const bare = repositories.parse([{ match }])[0];
  if (bare === undefined) throw new TypeError('an entry that only names a repository is no entry');
  const usual = entryKeys(bare);
  const said = entry === undefined ? usual : entryKeys(entry);
  const holds = policyFrom(config, bare);
  return {
    index: entry === undefined ? null : index,
    match: entry?.match ?? null,
    isOwn: entry !== undefined && !/[*?{[]/u.test(entry.match),
    entries: config.repositories.length,
    written: Object.fromEntries(
      Object.entries(said).filter(
        ([key, value]) =>
          value !== undefined && JSON.stringify(value) !== JSON.stringify(usual[key]),
      ),
    ),
    leftOut: {
      ...usual,
      agent: holds.agent,
      reviewer: holds.reviewer,
      'caps.proposalsOpen': holds.proposalsOpen,
      ...prefixed('budget', holds.budget),
      ...prefixed('approval', holds.approval),
    },
  };
}

/** What an entry says of the work, by key below the entry: `caps.proposalsOpen`. */
function entryKeys(entry: Entry): Readonly<Record<string, unknown>> {
  const { match: _match, host: _host, exclude: _exclude, caps, budget, approval, ...own } = entry;
  return {
    ...own,
    ...prefixed('caps', caps),
    ...prefixed('budget', budget ?? {}),
    ...prefixed('approval', approval ?? {}),
  };
}

function prefixed(group: string, values: object): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(values).map(([key, value]) => [`${group}.${key}`, value as unknown]),
  );
}

/** What holds where no entry matches. */
export function inheritedPolicy(config: Config): RepositoryPolicy {
  return policyFrom(config, undefined);
}

function policyFrom(config: Config, entry: Entry | undefined): RepositoryPolicy {
  const { executor, analyzer, approval } = config;
  return {
    base: entry?.base ?? null,
    agent: entry?.agent ?? executor.default,
    setup: entry?.setup ?? [],
    checks: entry?.checks ?? [],
    egress: [...executor.egress, ...(entry?.egress ?? [])],
    protectedPaths: entry?.protectedPaths ?? [],
    protectedPathsPolicy: entry?.protectedPathsPolicy ?? 'block',
    reviewer: entry?.reviewer === undefined ? executor.reviewer : entry.reviewer,
    proposalsOpen: entry?.caps.proposalsOpen ?? analyzer.maxIssuesPerRepo,
    paused: entry?.paused ?? false,
    maxConcurrent: entry?.maxConcurrent ?? executor.maxConcurrentPerRepository,
    budget: {
      perRunUsd: entry?.budget?.perRunUsd ?? executor.budget.perRunUsd,
      perDayUsd: entry?.budget?.perDayUsd ?? executor.budget.perDayUsd,
      perTaskUsd: entry?.budget?.perTaskUsd ?? executor.budget.perTaskUsd,
      perRepositoryDayUsd:
        entry?.budget?.perRepositoryDayUsd ?? executor.budget.perRepositoryDayUsd,
      perMonthUsd: executor.budget.perMonthUsd,
      perRunTokens: executor.budget.perRunTokens,
      perRunTurns: executor.budget.perRunTurns,
      timeoutMinutes: executor.timeoutMinutes,
      stallMinutes: executor.stallMinutes,
      maxAttempts: executor.maxAttempts,
    },
    approval: {
      approvers: entry?.approval?.approvers ?? approval.approvers,
      separateFrom: entry?.approval?.separateFrom ?? approval.separateFrom,
      expiresDays:
        entry?.approval?.expiresDays === undefined
          ? approval.expiresDays
          : entry.approval.expiresDays,
      people: approval.people,
    },
  };
}

/** The names and patterns that are watched, patterns not yet looked up. */
export function watched(
  config: Config,
  folder: string,
): readonly {
  readonly host: RepositoryRef['host'];
  readonly pattern: string;
  readonly exclude: readonly string[];
}[] {
  const short = config.github.reposToScan.map((match) => ({ match, exclude: [] as string[] }));
  return [...short, ...config.repositories].map(({ match, exclude }) =>
    isFolder(match)
      ? { host: 'local' as const, pattern: absolute(match, folder), exclude }
      : { host: 'github' as const, pattern: match, exclude },
  );
}

/** What a person typed, as a repository: a path is a folder on the local host, all else is on GitHub. */
export function namedRepository(name: string, folder: string): RepositoryRef {
  return isFolder(name)
    ? { host: 'local', name: absolute(name, folder) }
    : { host: 'github', name };
}

/** Whether a name is left out by a pattern. */
export function isExcluded(name: string, exclude: readonly string[]): boolean {
  return exclude.some((pattern) => matchesGlob(name.toLowerCase(), pattern.toLowerCase()));
}

function matches(entry: Entry, target: RepositoryRef, folder: string): boolean {
  if (target.host === 'local') {
    const place = absolute(entry.match, folder);
    return isFolder(entry.match) && (place === target.name || matchesGlob(target.name, place));
  }
  if (isFolder(entry.match) || isExcluded(target.name, entry.exclude)) return false;
  return matchesGlob(target.name.toLowerCase(), entry.match.toLowerCase());
}

/** A folder is written as a path: from the root, from here, or from home. */
function isFolder(match: string): boolean {
  return isAbsolute(match) || match.startsWith('.') || match.startsWith('~');
}

function absolute(match: string, folder: string): string {
  return match.startsWith('~/')
    ? join(process.env['HOME'] ?? '/', match.slice(2))
    : resolve(folder, match);
}

async function template(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
