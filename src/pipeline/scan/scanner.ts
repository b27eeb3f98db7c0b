import type { Rule } from '../../domain/finding.ts';
import type { CodeHost, GitRemote } from '../../domain/ports/code-host.ts';
import type { LocatedSighting, Mirror } from '../../domain/ports/git.ts';
import type { RepositoryRef } from '../../domain/repository.ts';

/** Looks for one kind of work. A new one is a folder below `scanners/` and a line in `scanner-list.ts`. */
export interface Scanner {
  readonly rule: Rule;
  /** What was seen now; null when nothing can have changed since the last look. */
  look(request: LookRequest): Promise<LookResult | null>;
}

export interface LookRequest {
  readonly ref: RepositoryRef;
  readonly host: CodeHost;
  /** Web address of the repository for permalinks; null when there is none. */
  readonly webUrl: string | null;
  readonly remote: GitRemote;
  readonly branch: string;
  /** What the last look of this rule had as its commit (or other mark); null for the first. */
  readonly last: string | null;
  /** Makes or refreshes the mirror; once a scan, whoever asks. */
  readonly mirror: () => Promise<Mirror>;
}

export interface LookResult {
  readonly seen: readonly LocatedSighting[];
  /** Paths that were looked at; null = all. */
  readonly looked: ReadonlySet<string> | null;
  /** Mark of this look: the commit, for scanners of code. */
  readonly mark: string;
  readonly commit: string | null;
}
