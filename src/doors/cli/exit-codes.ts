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
