import type { RepositoryPolicy } from '../../domain/policy.ts';
import type {
  RepositoryFigures,
  RepositoryQueries,
  SuppressionStore,
} from '../../domain/ports/page-queries.ts';
import type { PauseStore } from '../../domain/ports/stores.ts';
import type { RepositoryRef } from '../../domain/repository.ts';
import { repositoryKey } from '../../domain/repository.ts';
import { AppError } from '../../lib/app-error.ts';
import { canonicalJson } from '../../lib/json.ts';
import type { Settings } from '../../pipeline/pipeline-ports.ts';
import type { Served } from '../gate.ts';
import { serve } from '../gate.ts';
import { reaches, requireReach } from '../repository-rights.ts';
import type { RepositoryLine, RepositoryStory } from './contract.ts';
import { listRepositories, showRepository } from './contract.ts';

export interface RepositoryPorts {
  readonly repositoryQueries: RepositoryQueries;
  readonly suppressions: Pick<SuppressionStore, 'list'>;
  readonly pauses: Pick<PauseStore, 'paused'>;
  readonly settings: Pick<Settings, 'policyOf'>;
  /** The policy where no entry of the configuration matches. */
  readonly inheritedPolicy: (host: RepositoryRef['host']) => RepositoryPolicy;
  /** The entry of the configuration that decides for a repository. */
  readonly policyEntry: (target: RepositoryRef) => PolicyEntry;
  /** Watched repositories, patterns looked up. */
  readonly watched: () => Promise<readonly RepositoryRef[]>;
  readonly repository: (name: string) => RepositoryRef;
}

/** What one entry of the configuration says of the repositories that it matches. */
export interface PolicyEntry {
  /** Null when none matches. */
  readonly index: number | null;
  readonly match: string | null;
  readonly isOwn: boolean;
  readonly entries: number;
  readonly written: Readonly<Record<string, unknown>>;
  readonly leftOut: Readonly<Record<string, unknown>>;
}

/** What people and programs read of repositories. */
export function repositoryHandlers(ports: RepositoryPorts): readonly Served[] {
  return [
    serve(listRepositories, async (_input, { actor }) => {
      const [watched, figures, pauses] = await Promise.all([
        ports.watched(),
        ports.repositoryQueries.figures(),
        ports.pauses.paused(),
      ]);
      return {
        items: watched
          .filter(({ name }) => reaches(actor, 'repo:read', name))
          .map((target) => lineOf(ports, target, figures, pauses)),
      };
    }),
    serve(showRepository, async ({ repo }, { actor }) => {
      const wanted = repositoryKey(ports.repository(repo));
      const watched = await ports.watched();
      const target = watched.find((ref) => repositoryKey(ref) === wanted);
      if (target === undefined) throw notWatched(repo);
      requireReach(actor, 'repo:read', target.name);
      const [figures, pauses, scans, suppressions] = await Promise.all([
        ports.repositoryQueries.figures(),
        ports.pauses.paused(),
        ports.repositoryQueries.scans(target),
        ports.suppressions.list(),
      ]);
      return {
        ...lineOf(ports, target, figures, pauses),
        policy: { ...ports.settings.policyOf(target) },
        entry: entryOf(ports, target, watched),
        scans: scans.map(({ rule, commit, at }) => ({ rule, commit, at: at.toISOString() })),
        states: { ...figures.get(wanted)?.states },
        suppressions: suppressions
          .filter(({ target: of }) => repositoryKey(of) === wanted)
          .map(({ id, rule, by }) => ({ id, rule, by })),
      };
    }),
  ];
}

function lineOf(
  ports: RepositoryPorts,
  target: RepositoryRef,
  figures: ReadonlyMap<string, RepositoryFigures>,
  pauses: Awaited<ReturnType<PauseStore['paused']>>,
): RepositoryLine {
  const key = repositoryKey(target);
  const known = figures.get(key);
  const policy = ports.settings.policyOf(target);
  const pause =
    pauses.find(({ repository }) => repository !== null && repositoryKey(repository) === key) ??
    pauses.find(({ repository }) => repository === null);
  const isPaused = pause !== undefined || policy.paused;
  const look = known?.look ?? null;
  return {
    name: target.name,
    host: target.host,
    state: isPaused ? 'paused' : look === null ? 'never_scanned' : 'active',
    pausedBy: pause?.by ?? (policy.paused ? 'configuration' : null),
    pausedAt: pause?.at.toISOString() ?? null,
    pausedBecause: pausedBecause(pause, policy),
    lastScan:
      look === null
        ? null
        : {
            at: look.at.toISOString(),
            commit: look.commit,
            requests: look.requests,
            durationMs: look.durationMs,
            problem: look.problem,
          },
    findingsOpen: known?.findingsOpen ?? 0,
    proposalsOpen: known?.states['proposed'] ?? 0,
    merged: known?.states['done'] ?? 0,
    runsLive: known?.runsLive ?? 0,
    differences: differencesOf(policy, ports.inheritedPolicy(target.host)),
  };
}

function pausedBecause(
  pause: { readonly repository: RepositoryRef | null } | undefined,
  policy: RepositoryPolicy,
): RepositoryLine['pausedBecause'] {
  if (pause !== undefined) return pause.repository === null ? 'everything' : 'repository';
  return policy.paused ? 'policy' : null;
}

function entryOf(
  { policyEntry }: RepositoryPorts,
  target: RepositoryRef,
  watched: readonly RepositoryRef[],
): RepositoryStory['entry'] {
  const { written, leftOut, ...entry } = policyEntry(target);
  const decides =
    entry.index === null
      ? 0
      : watched.filter((other) => policyEntry(other).index === entry.index).length;
  return { ...entry, decides, written: { ...written }, leftOut: { ...leftOut } };
}

function differencesOf(
  policy: RepositoryPolicy,
  inherited: RepositoryPolicy,
): RepositoryLine['differences'] {
  const own = flat(policy);
  const usual = flat(inherited);
  return Object.keys(own)
    .filter((key) => canonicalJson(own[key]) !== canonicalJson(usual[key]))
    .map((key) => ({ key, value: own[key], inherited: usual[key] }));
}

function flat(policy: RepositoryPolicy): Readonly<Record<string, unknown>> {
  const { budget, approval, ...rest } = policy;
  const named = (prefix: string, group: object): [string, unknown][] =>
    Object.entries(group).map(([key, value]) => [`${prefix}.${key}`, value]);
  return {
    ...rest,
    ...Object.fromEntries([...named('budget', budget), ...named('approval', approval)]),
  };
}

function notWatched(name: string): AppError {
  return new AppError({
    kind: 'not_found',
    code: 'repository_not_watched',
    message: `${name} is not watched.`,
    next: 'Add it to github.reposToScan or repositories, or see `repositories list`.',
    details: { name },
  });
}
