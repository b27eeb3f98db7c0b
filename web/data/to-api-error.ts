import { ApiError } from '../../src/operations/api-client/client.ts';

/** What the page shows of anything that can be thrown. */
export interface ShownError {
  readonly kind: string;
  readonly code: string;
  readonly message: string;
  readonly next: string | null;
  readonly fields: readonly { readonly field: string; readonly message: string }[];
  readonly correlationId: string | null;
}

export function toApiError(thrown: unknown): ShownError {
  if (thrown instanceof ApiError) {
    const { kind, code, message, next, fields, correlationId } = thrown;
    return {
      kind,
      code,
      message,
      // What programs are told of a lost answer says nothing to a person.
      next: code === 'network' ? 'Look whether it runs, then try again.' : (next ?? null),
      fields: fields ?? [],
      correlationId: correlationId ?? null,
    };
  }
  return {
    kind: 'internal',
    code: 'page_defect',
    message: thrown instanceof Error ? thrown.message : String(thrown),
    next: 'Load the page again; if it stays, report it.',
    fields: [],
    correlationId: null,
  };
}
