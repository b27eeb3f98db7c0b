import { type ErrorKind, toAppError } from '../../lib/app-error.ts';
import type { Json } from '../../lib/json.ts';

/** What every logged error says beside its own words, for those who sort and count them by machine. */
export interface ErrorFacts {
  readonly class: ErrorClass;
  /** Whether the same thing may go well later by itself. */
  readonly retryable: boolean;
  /** Which try failed, 1 for the first. */
  readonly attempt: number;
  /** HTTP status of the other side; null when none came, or nobody was asked. */
  readonly upstream_status: number | null;
  readonly github_request_id: string | null;
}

export type ErrorClass =
  | 'transient'
  | 'rate_limited'
  | 'auth'
  | 'permanent'
  | 'conflict'
  | 'unknown_outcome'
  | 'bug';

const classes: Readonly<Record<ErrorKind, ErrorClass>> = {
  invalid_input: 'permanent',
  not_found: 'permanent',
  unauthenticated: 'auth',
  forbidden: 'auth',
  conflict: 'conflict',
  not_well: 'transient',
  rate_limited: 'rate_limited',
  unavailable: 'transient',
  timeout: 'transient',
  unknown_outcome: 'unknown_outcome',
  internal: 'bug',
};
const retryable: ReadonlySet<ErrorClass> = new Set([
  'transient',
  'rate_limited',
  'unknown_outcome',
]);

export function errorFacts(error: Error): { readonly [key in keyof ErrorFacts]: Json } {
  const { kind, details } = toAppError(error);
  const { attempt, upstreamStatus, githubRequestId } = details;
  const ofClass = classes[kind];
  return {
    class: ofClass,
    retryable: retryable.has(ofClass),
    attempt: typeof attempt === 'number' ? attempt : 1,
    upstream_status: typeof upstreamStatus === 'number' ? upstreamStatus : null,
    github_request_id: typeof githubRequestId === 'string' ? githubRequestId : null,
  };
}
