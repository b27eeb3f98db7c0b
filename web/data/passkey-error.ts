import type { ShownError } from './to-api-error.ts';
import { toApiError } from './to-api-error.ts';

/** What the browser says when a passkey was not used, in words; what the service says as it is. */
export function passkeyError(thrown: unknown): ShownError {
  const shown = toApiError(thrown);
  if (!(thrown instanceof Error) || shown.code !== 'page_defect') return shown;
  if (thrown.name === 'NotAllowedError' || thrown.name === 'AbortError') {
    return {
      ...shown,
      code: 'passkey_not_used',
      message: 'No passkey was used.',
      next: 'Try again, or use your password.',
    };
  }
  if (thrown.name === 'InvalidStateError') {
    return {
      ...shown,
      code: 'passkey_known',
      message: 'This device has a passkey for your account already.',
      next: null,
    };
  }
  return {
    ...shown,
    code: 'passkey_failed',
    next: 'Passkeys need https or localhost. Use your password.',
  };
}
