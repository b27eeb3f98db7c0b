import { AppError, type ErrorKind } from '../../lib/app-error.ts';

/** An AppError as it is kept in the database. */
export interface StepFailure {
  readonly kind: ErrorKind;
  readonly code: string;
  readonly message: string;
  readonly next?: string | undefined;
  readonly details: Readonly<Record<string, unknown>>;
}

export type StepOutcome<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly failure: StepFailure };

export function failureOf({ kind, code, message, next, details }: AppError): StepFailure {
  return { kind, code, message, next, details };
}

/** The value, or the failure thrown as the AppError it was. */
export function valueOf<T>(outcome: StepOutcome<T>): T {
  if (outcome.ok) return outcome.value;
  throw new AppError(outcome.failure);
}
