import type { ReactNode } from 'react';
import { toApiError } from '../../data/to-api-error.ts';
import { CorrelationId } from '../../parts/states.tsx';
import { WithCode } from '../../parts/with-code.tsx';

/** Why a step did not work, and what to do. */
export function Trouble({ error }: { readonly error: unknown }): ReactNode {
  if (error === null) return null;
  const { message, next, correlationId } = toApiError(error);
  return (
    <div role="alert" className="text-13 text-bad">
      <WithCode text={`${message} ${next ?? ''}`} />{' '}
      {correlationId === null ? null : <CorrelationId id={correlationId} />}
    </div>
  );
}
