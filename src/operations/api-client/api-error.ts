import type { ErrorKind } from '../../lib/app-error.ts';
import { errorKinds } from '../../lib/app-error.ts';

/** One field of the input that was refused. */
export interface FieldIssue {
  /** Members joined by dots; empty for the input as a whole. */
  readonly field: string;
  readonly message: string;
}

/** What the API answers instead of a result: RFC 9457, media type application/problem+json. */
export interface Problem {
  /** `urn:claude-manager:error:<code>`. */
  readonly type: string;
  readonly title: string;
  readonly status: number;
  /** What happened and why. */
  readonly detail: string;
  readonly kind: ErrorKind;
  readonly code: string;
  /** What to do next. */
  readonly next: string | null;
  readonly fields: readonly FieldIssue[];
  readonly correlationId: string;
}

/** Any failure of a call: what the API refused, or that it could not be reached (`unavailable`, code `network`). */
export class ApiError extends Error {
  readonly kind: ErrorKind;
  readonly code: string;
  /** 0 when there was no answer. */
  readonly status: number;
  readonly next: string | null;
  readonly fields: readonly FieldIssue[];
  readonly correlationId: string | null;
  /** Seconds to wait before asking again, where the API says so. */
  readonly retryAfterSeconds: number | null;

  constructor(
    problem: Partial<Problem> & Pick<Problem, 'kind' | 'code'>,
    options: { readonly retryAfterSeconds?: number | null; readonly cause?: unknown } = {},
  ) {
    super(problem.detail ?? problem.code, { cause: options.cause });
    this.name = 'ApiError';
    this.kind = problem.kind;
    this.code = problem.code;
    this.status = problem.status ?? 0;
    this.next = problem.next ?? null;
    this.fields = problem.fields ?? [];
    this.correlationId = problem.correlationId ?? null;
    this.retryAfterSeconds = options.retryAfterSeconds ?? null;
  }
}

/** Reads what came instead of a result; something else than our API may have answered. */
export async function apiErrorOf(response: Response): Promise<ApiError> {
  const body = (await response.json().catch(() => null)) as Partial<Problem> | null;
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
  const retryAfterSeconds = Number.isFinite(seconds) ? seconds : null;
  const kind = errorKinds.find((one) => one === body?.kind);
  if (body === null || kind === undefined || typeof body.code !== 'string') {
    return new ApiError(
      {
        kind: 'unavailable',
        code: 'foreign_answer',
        status: response.status,
        detail: `Something answered ${response.status} that is not the API of this service.`,
        next: 'Look at the address, and at what stands between.',
      },
      { retryAfterSeconds },
    );
  }
  return new ApiError({ ...body, kind, code: body.code }, { retryAfterSeconds });
}

export function networkError(cause: unknown): ApiError {
  return new ApiError(
    {
      kind: 'unavailable',
      code: 'network',
      detail: 'The service cannot be reached.',
      next: 'Look whether it runs; a write may have arrived, repeat it with the same idempotency key.',
    },
    { cause },
  );
}
