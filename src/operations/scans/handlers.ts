import type { RepositoryRef } from '../../domain/repository.ts';
import { repositoryKey } from '../../domain/repository.ts';
import { AppError, toAppError } from '../../lib/app-error.ts';
import type { Problem } from '../../pipeline/cycle.ts';
import type { CyclePorts } from '../../pipeline/cycle-ports.ts';
import type { PipelinePorts } from '../../pipeline/pipeline-ports.ts';
import { followFindings } from '../../pipeline/propose/follow-findings.ts';
import { countUnproposed, propose } from '../../pipeline/propose/propose.ts';
import { findingRow } from '../../pipeline/scan/finding-row.ts';
import type { Served } from '../gate.ts';
import { serve } from '../gate.ts';
import { reaches } from '../repository-rights.ts';
import { noteUnsecured } from '../unsecured.ts';
import type { FindingRow } from './contract.ts';
import { scanRepositories } from './contract.ts';

export interface ScanPorts {
  readonly pipeline: PipelinePorts;
  readonly scan: CyclePorts['scan'];
  readonly repositories: () => Promise<readonly RepositoryRef[]>;
  /** What a person typed, as a repository: folders may be written from where the configuration lies. */
  readonly repository: (name: string) => RepositoryRef;
}

/** `scan` over the configured repositories. */
export function scanHandlers({
  pipeline,
  scan,
  repositories,
  repository,
}: ScanPorts): readonly Served[] {
  return [
    serve(scanRepositories, async ({ repositories: wanted, scanners, dryRun, secure }, context) => {
      const { actor, progress } = context;
      if (!secure) await noteUnsecured(pipeline.audit, context, scanRepositories.name);
      const problems: Problem[] = [];
      const findings: FindingRow[] = [];
      let [proposed, wouldPropose] = [0, 0];
      const within = (await repositories()).filter(({ name }) => reaches(actor, 'scans:run', name));
      for (const target of chosen(within, wanted, repository)) {
        progress(`scanning ${target.name}`);
        try {
          const { commit } = await scan(target, scanners.length === 0 ? undefined : scanners);
          findings.push(
            ...(await pipeline.findings.list({ repository: target, status: 'open' }))
              .filter(({ rule }) => scanners.length === 0 || scanners.includes(rule))
              .map(findingRow),
          );
          if (dryRun) {
            wouldPropose += await countUnproposed(pipeline, target);
            continue;
          }
          await followFindings(pipeline, target, commit);
          const made = await propose(pipeline, target);
          proposed += made.proposed.length;
          problems.push(...made.failed.map(({ where, error }) => problemOf(where, error)));
        } catch (thrown) {
          problems.push(problemOf(repositoryKey(target), thrown));
        }
      }
      if (findings.length === 0 && problems.length > 0) throw allFailed(problems);
      return { findings, proposed, wouldPropose, problems };
    }),
  ];
}

function chosen(
  all: readonly RepositoryRef[],
  wanted: readonly string[],
  named: ScanPorts['repository'],
): readonly RepositoryRef[] {
  if (wanted.length === 0) return all;
  return wanted.map((name) => {
    const asked = repositoryKey(named(name));
    const found = all.find((ref) => repositoryKey(ref) === asked);
    if (found !== undefined) return found;
    throw new AppError({
      kind: 'not_found',
      code: 'repository_not_watched',
      message: `${name} is not among the configured repositories.`,
      next: `Known: ${all.map((ref) => ref.name).join(', ') || 'none'}. Add it to github.reposToScan, or scan a folder with --path.`,
    });
  });
}

function problemOf(where: string, thrown: unknown): Problem {
  const { kind, code, message, next } = toAppError(thrown);
  return { where, kind, code, message, next: next ?? null };
}

function allFailed(problems: readonly Problem[]): AppError {
  const [first] = problems;
  const isOneKind = problems.every(({ kind }) => kind === first?.kind);
  return new AppError({
    kind: isOneKind && first !== undefined ? first.kind : 'unavailable',
    code: first?.code ?? 'scan_failed',
    message: `No repository could be scanned. ${problems.map(({ where, message }) => `${where}: ${message}`).join(' ')}`,
    next: first?.next ?? undefined,
    details: { problems },
  });
}
