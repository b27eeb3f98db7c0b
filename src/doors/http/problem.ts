import type { AppErrorOptions, ErrorKind } from '../../lib/app-error.ts';
import { AppError, toAppError } from '../../lib/app-error.ts';
import type { FieldIssue, Problem } from '../../operations/api-client/api-error.ts';
import type { Allowance } from '../../operations/gate.ts';

const statuses: Readonly<Record<ErrorKind, number>> = {
  invalid_input: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  rate_limited: 429,
  internal: 500,
  unknown_outcome: 502,
  not_well: 503,
  unavailable: 503,
  timeout: 504,
};

/** Where the door is more exact than the kind. */
const statusesByCode: Readonly<Record<string, number>> = {
  idempotency_key_reused: 422,
  method_not_allowed: 405,
  not_acceptable: 406,
  body_too_large: 413,
  address_too_long: 414,
  media_type_unsupported: 415,
  host_not_allowed: 421,
  too_many_streams: 429,
};

/** A refusal of the door itself. */
export function refuse(options: AppErrorOptions): AppError {
  return new AppError({ next: 'See docs/API.md.', ...options });
}

function statusOf({ kind, code }: Pick<AppError, 'kind' | 'code'>): number {
  return statusesByCode[code] ?? statuses[kind];
}

/**
 * What the caller is told. Of a defect and of an error of the machine only the correlation id goes out: their messages
 * name paths, statements and addresses that are nobody's business outside.
 */
export function problemOf(thrown: unknown, correlationId: string): Problem {
  const error = toAppError(thrown);
  const isOurs = error.kind !== 'internal' && error.code !== 'machine_refused';
  return {
    type: `urn:claude-manager:error:${isOurs ? error.code : 'internal'}`,
    title: error.kind.replaceAll('_', ' '),
    status: statusOf(error),
    detail: isOurs ? error.message : 'The service could not do this because of a fault of its own.',
    kind: error.kind,
    code: isOurs ? error.code : 'internal',
    next: isOurs
      ? (error.next ?? null)
      : 'Give the correlation id to whoever runs the service; its log tells why.',
    fields: isOurs ? fieldsOf(error) : [],
    correlationId,
  };
}

/** Headers that tell when to come back, from what the gate says about its limits. */
export function limitHeaders({ kind, details }: AppError): Readonly<Record<string, string>> {
  const number = (name: string): number | null =>
    typeof details[name] === 'number' ? Math.max(0, Math.ceil(details[name])) : null;
  const retry = number('retryAfterSeconds') ?? (kind === 'unavailable' ? 5 : null);
  return {
    ...(retry === null ? {} : { 'retry-after': String(retry) }),
    ...limitHeadersOf({
      limit: number('limit'),
      remaining: number('remaining'),
      resetSeconds: number('resetSeconds'),
    }),
  };
}

/** What is left of a limit, on answers and refusals alike (IETF draft "RateLimit header fields for HTTP", version 06). */
export function limitHeadersOf({
  limit,
  remaining,
  resetSeconds,
}: {
  readonly [Name in keyof Allowance]: Allowance[Name] | null;
}): Readonly<Record<string, string>> {
  const named = {
    'ratelimit-limit': limit,
    'ratelimit-remaining': remaining,
    'ratelimit-reset': resetSeconds,
  };
  return Object.fromEntries(
    Object.entries(named).flatMap(([name, value]) =>
      value === null ? [] : [[name, String(value)]],
    ),
  );
}

function fieldsOf({ details }: AppError): readonly FieldIssue[] {
  const { issues } = details;
  if (!Array.isArray(issues)) return [];
  return issues
    .filter((issue: unknown): issue is FieldIssue => isIssue(issue))
    .map(({ field, message }) => ({ field, message }));
}

function isIssue(value: unknown): value is FieldIssue {
  return (
    typeof value === 'object' &&
    value !== null &&
    'field' in value &&
    typeof value.field === 'string' &&
    'message' in value &&
    typeof value.message === 'string'
  );
}
