import type { Rule } from '../../domain/finding.ts';
import type { CodeHost } from '../../domain/ports/code-host.ts';
import type { Transaction } from '../../domain/ports/effects.ts';
import type { Mirror, Mirrors } from '../../domain/ports/git.ts';
import type { FindingStore } from '../../domain/ports/stores.ts';
import { type RepositoryRef, repositoryKey } from '../../domain/repository.ts';
import type { Clock } from '../../lib/clock.ts';
import { matchFindings } from './identity/match-findings.ts';
import type { LookRequest, LookResult, Scanner } from './scanner.ts';

export interface RepositoryScanDeps {
  readonly host: (name: RepositoryRef['host']) => CodeHost;
  readonly mirrors: Mirrors;
  readonly findings: FindingStore;
  readonly scanners: readonly Scanner[];
  readonly transact: <T>(work: (transaction: Transaction) => Promise<T>) => Promise<T>;
  readonly clock: Clock;
  readonly newId: () => string;
}

export interface RepositoryScanRequest {
  readonly ref: RepositoryRef;
  /** Base branch; null = the default branch of the host. */
  readonly branch: string | null;
  /** Rules to look for; all when left out. */
  readonly rules?: readonly Rule[];
}

export interface RepositoryScanResult {
  readonly commit: string | null;
  /** No rule had anything new to look at. */
  readonly unchanged: boolean;
  /** Ids by what happened to them. */
  readonly opened: readonly string[];
  readonly fixed: readonly string[];
  readonly returned: readonly string[];
}

export interface RepositoryScan {
  /** Looks at one repository and keeps its findings in step. Scans of one repository go one after another. */
  scan(request: RepositoryScanRequest): Promise<RepositoryScanResult>;
}

/** Builds the scan of watched repositories. */
export function createRepositoryScan(deps: RepositoryScanDeps): RepositoryScan {
  const last = new Map<string, Promise<unknown>>();
  return {
    scan: async (request) => {
      const key = repositoryKey(request.ref);
      const mine = (last.get(key) ?? Promise.resolve()).then(async () => await scan(deps, request));
      const settled = mine.catch(() => undefined);
      last.set(key, settled);
      try {
        return await mine;
      } finally {
        if (last.get(key) === settled) last.delete(key);
      }
    },
  };
}

async function scan(
  deps: RepositoryScanDeps,
  { ref, branch, rules }: RepositoryScanRequest,
): Promise<RepositoryScanResult> {
  const host = deps.host(ref.host);
  const facts = await host.repository(ref);
  const base = branch ?? facts.defaultBranch;
  const remote = await host.remote(ref);
  const mirror = once(async () => await deps.mirrors.refresh(ref, remote, base));
  const total = {
    commit: null as string | null,
    unchanged: true,
    opened: [] as string[],
    fixed: [] as string[],
    returned: [] as string[],
  };
  for (const scanner of deps.scanners) {
    if (rules !== undefined && !rules.includes(scanner.rule)) continue;
    const last = await deps.findings.scanned(ref, scanner.rule);
    const request: LookRequest = {
      ref,
      host,
      webUrl: facts.url,
      remote,
      branch: base,
      last,
      mirror,
    };
    const look = await scanner.look(request);
    if (look === null) continue;
    const changes = await keep(deps, ref, scanner.rule, look);
    total.unchanged = false;
    total.commit ??= look.commit;
    total.opened.push(...changes.opened);
    total.fixed.push(...changes.fixed);
    total.returned.push(...changes.returned);
  }
  return total;
}

/** Matches what was seen with what was known; findings and the mark of the look are written together. */
async function keep(deps: RepositoryScanDeps, ref: RepositoryRef, rule: Rule, look: LookResult) {
  const now = deps.clock.now();
  const known = await deps.findings.known(ref, rule);
  const matched = matchFindings({
    repository: ref,
    known,
    seen: look.seen,
    looked: look.looked,
    commit: look.commit,
    now,
    newId: () => deps.newId(),
  });
  const before = new Set(known);
  const changed = matched.findings.filter((finding) => !before.has(finding));
  await deps.transact(async (transaction) => {
    await deps.findings.save(transaction, ref, changed);
    await deps.findings.markScanned(transaction, ref, rule, look.mark, now);
  });
  return matched;
}

function once(work: () => Promise<Mirror>): () => Promise<Mirror> {
  let running: Promise<Mirror> | undefined;
  return async () => {
    running ??= work();
    return await running;
  };
}
