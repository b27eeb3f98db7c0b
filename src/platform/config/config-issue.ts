import { AppError } from '../../lib/app-error.ts';

/** One thing that is wrong with the configuration; line and column count from 1. */
export interface ConfigIssue {
  /** The key, for example `executor.maxConcurrent`; empty for the whole file. */
  readonly path: string;
  /** `config.json:12:7`, `environment GITHUB_API_URL` or `flag logging.level`. */
  readonly place: string;
  readonly line: number | null;
  readonly column: number | null;
  readonly message: string;
  /** What to write instead. */
  readonly suggestion: string | null;
}

/** All issues at once, each on its line. */
export function configInvalid(file: string | null, issues: readonly ConfigIssue[]): AppError {
  const ordered = issues.toSorted(
    (a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0),
  );
  return new AppError({
    kind: 'invalid_input',
    code: 'config_invalid',
    message: ordered.map(issueLine).join('\n'),
    next: 'Correct the named places, then run `claude-manager validate`.',
    details: { file, issues: ordered },
  });
}

function issueLine({ place, path, message, suggestion }: ConfigIssue): string {
  const subject = path === '' ? '' : `${path}: `;
  return `${place}  ${subject}${message}.${suggestion === null ? '' : ` ${suggestion}`}`;
}
