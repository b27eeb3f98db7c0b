import type { ErrorKind } from '../../lib/app-error.ts';

/** Exit codes of the command line: 0 done, 1 not well, 2 wrong usage, 3 not permitted, 4 unavailable, 70 our defect. */
export function exitCodeOf(kind: ErrorKind): number {
  switch (kind) {
    case 'not_well':
    case 'conflict':
      return 1;
    case 'invalid_input':
    case 'not_found':
      return 2;
    case 'unauthenticated':
    case 'forbidden':
      return 3;
    case 'unavailable':
    case 'timeout':
    case 'rate_limited':
    case 'unknown_outcome':
      return 4;
    case 'internal':
      return 70;
  }
}

/** Of a run over several repositories: when none could be looked at and all for one reason, that reason's code. */
export function exitCodeOfProblems(answer: {
  readonly scanned: number;
  readonly problems: readonly { readonly kind: ErrorKind }[];
}): number {
  if (answer.problems.length === 0) return 0;
  const codes = new Set(answer.problems.map(({ kind }) => exitCodeOf(kind)));
  const [only = 1] = codes;
  return answer.scanned === 0 && codes.size === 1 ? only : 1;
}
