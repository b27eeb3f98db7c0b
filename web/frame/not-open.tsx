import { RotateCw } from 'lucide-react';
import type { ReactNode } from 'react';
import { toApiError } from '../data/to-api-error.ts';
import { Button } from '../parts/button.tsx';
import { CorrelationId, headline } from '../parts/states.tsx';
import { WithCode } from '../parts/with-code.tsx';
import { Alone } from './alone.tsx';

/** Instead of the frame, when it is not known who looks: a blocked account, no answer. */
export function NotOpen({
  error,
  retry,
}: {
  readonly error: unknown;
  readonly retry: () => void;
}): ReactNode {
  const shown = toApiError(error);
  return (
    <Alone title={shown.kind === 'forbidden' ? 'You may not see this' : headline(shown)}>
      <div role="alert" className="text-13 [overflow-wrap:anywhere]">
        <p>
          <WithCode text={shown.message} />
        </p>
        {shown.next === null ? null : (
          <p className="mt-1 text-quiet">
            <WithCode text={shown.next} />
          </p>
        )}
      </div>
      <div className="flex flex-wrap items-center gap-3">
        <Button icon={<RotateCw aria-hidden size={14} />} onClick={retry}>
          Try again
        </Button>
        {shown.correlationId === null ? null : <CorrelationId id={shown.correlationId} />}
      </div>
    </Alone>
  );
}
