import { AppError, type ErrorKind } from '../../lib/app-error.ts';

/** What an error of a host's `send` says about the thing that was to be made. */
export type SendVerdict = 'not_sent' | 'refused' | 'unclear' | 'lease_lost';

/** Anything that does not prove that nothing was made is unclear; looking is cheap, a duplicate is not. */
export function judgeSendError(error: unknown): SendVerdict {
  if (!(error instanceof AppError)) return 'unclear';
  if (error.code === 'effect_lease_lost') return 'lease_lost';
  if (error.code === 'circuit_open' || error.code === 'too_busy') return 'not_sent';
  if (error.code === 'write_payload') return 'refused';
  return verdicts[error.kind];
}

const verdicts: Readonly<Record<ErrorKind, SendVerdict>> = {
  rate_limited: 'not_sent',
  not_well: 'not_sent',
  unauthenticated: 'not_sent',
  invalid_input: 'refused',
  not_found: 'refused',
  forbidden: 'refused',
  conflict: 'refused',
  unavailable: 'unclear',
  timeout: 'unclear',
  unknown_outcome: 'unclear',
  internal: 'unclear',
};
