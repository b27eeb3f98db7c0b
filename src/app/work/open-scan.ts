import type { Rule } from '../../domain/finding.ts';
import type { CodeHost } from '../../domain/ports/code-host.ts';
import type { RepositoryLook } from '../../domain/ports/page-queries.ts';
import type { RepositoryRef } from '../../domain/repository.ts';
import { toAppError } from '../../lib/app-error.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Random } from '../../lib/random.ts';
import type { CyclePorts } from '../../pipeline/cycle-ports.ts';
import type { Settings } from '../../pipeline/pipeline-ports.ts';
import { createRepositoryScan } from '../../pipeline/scan/scan-repository.ts';
import { createScanners } from '../../pipeline/scan/scanner-list.ts';
import type { Config } from '../../platform/config/schema.ts';
import type { Telemetry } from '../../platform/telemetry/telemetry.ts';
import { createRepositoryQueries } from '../../storage/repository-queries.ts';
import type { StoreRooms } from '../store/open-store.ts';

export interface ScanParts {
  readonly config: () => Config;
  readonly store: StoreRooms;
  readonly settings: Settings;
  readonly clock: Clock;
  readonly random: Random;
  readonly telemetry: Pick<Telemetry, 'measure'>;
}

/** The scan of one watched repository with the scanners that the configuration switches on. */
export function createScan(parts: ScanParts): CyclePorts['scan'] {
  const { config, store, settings, clock, random } = parts;
  const looks = createRepositoryQueries(store.database);
  const scanners = measured(parts.telemetry, {
    trees: store.trees,
    clock,
    extraTags: () => config().analyzer.tags,
    settings: () => ({
      staleAfterDays: config().analyzer.staleAfterDays,
      labels: config().analyzer.issueLabels,
    }),
  });
  const scanOn = (host: StoreRooms['host']): ReturnType<typeof createRepositoryScan> =>
    createRepositoryScan({
      host,
      mirrors: store.mirrors,
      findings: store.findings,
      transact: (work) => store.tasks.transact(work),
      clock,
      newId: () => random.bytes(12).toString('hex'),
      scanners,
    });
  const scan = scanOn(store.host);
  const scanToStart = scanOn((name) => toStart(store.host(name)));
  return async (target: RepositoryRef, only?: readonly string[]) => {
    const { scanForTodos, scanOpenIssues } = config().analyzer;
    const on: Rule[] = [
      ...(scanForTodos ? ['todo' as const] : []),
      ...(scanOpenIssues ? ['stale-issue' as const] : []),
    ];
    const rules = only === undefined ? on : on.filter((rule) => only.includes(rule));
    const started = clock.monotonicMs();
    const note = async (look: Pick<RepositoryLook, 'commit' | 'problem'>): Promise<void> =>
      await looks.noteLook(target, {
        ...look,
        at: clock.now(),
        requests: target.host === 'local' ? 0 : null,
        durationMs: clock.monotonicMs() - started,
      });
    try {
      const branch = settings.policyOf(target).base;
      const result = await parts.telemetry.measure('job', 'scan', () =>
        (only === undefined ? scan : scanToStart).scan({ ref: target, branch, rules }),
      );
      await note({ commit: result.commit, problem: null });
      return {
        commit: result.commit,
        changed: !result.unchanged,
        findings: result.opened.length + result.returned.length,
      };
    } catch (error) {
      // What went wrong goes to whoever asked; a look that cannot be noted must not hide it.
      await note({ commit: null, problem: toAppError(error).message }).catch(() => undefined);
      throw error;
    }
  };
}

/** Only what approved work waits for is looked at by some rules alone: its reads do not stand in line behind other looks. */
function toStart(host: CodeHost): CodeHost {
  return {
    ...host,
    repository: (ref) => host.repository(ref, 'start'),
    head: (ref, branch, known) => host.head(ref, branch, known, 'start'),
  };
}

/** Each look of a scanner is counted. */
function measured(
  telemetry: Pick<Telemetry, 'measure'>,
  deps: Parameters<typeof createScanners>[0],
): ReturnType<typeof createScanners> {
  return createScanners(deps).map((scanner) => ({
    rule: scanner.rule,
    look: (request) => telemetry.measure('scanner', scanner.rule, () => scanner.look(request)),
  }));
}
