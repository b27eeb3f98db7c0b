import type { ReactNode } from 'react';
import { useState } from 'react';
import { toApiError } from '../data/to-api-error.ts';
import { Button } from './button.tsx';
import { Dialog, DialogButtons } from './dialog.tsx';
import { WithCode } from './with-code.tsx';

/** Something that is done after a second click: what it is called, and what will happen. */
export interface Asked {
  readonly title: ReactNode;
  readonly consequence: ReactNode;
  /** On the button: `End the session`. */
  readonly word: string;
  readonly look?: 'destroy' | 'primary';
  readonly run: () => Promise<unknown>;
}

/** Names the object and the consequence before the act; says what was wrong when it did not come off. */
export function ConfirmDialog({
  asked,
  onClose,
}: {
  /** Null: closed. */
  readonly asked: Asked | null;
  readonly onClose: () => void;
}): ReactNode {
  return (
    <Dialog open={asked !== null} onClose={onClose} title={asked?.title} about={asked?.consequence}>
      {asked === null ? null : <Sure asked={asked} onClose={onClose} />}
    </Dialog>
  );
}

function Sure({
  asked,
  onClose,
}: {
  readonly asked: Asked;
  readonly onClose: () => void;
}): ReactNode {
  const [isBusy, setIsBusy] = useState(false);
  const [error, setError] = useState<ReturnType<typeof toApiError> | null>(null);
  const act = (): void => {
    setIsBusy(true);
    setError(null);
    asked.run().then(onClose, (thrown: unknown) => {
      setIsBusy(false);
      setError(toApiError(thrown));
    });
  };
  return (
    <>
      {error === null ? null : (
        <p role="alert" className="text-13 text-bad">
          <WithCode text={`${error.message} ${error.next ?? ''}`} />
        </p>
      )}
      <DialogButtons>
        <Button onClick={onClose}>Leave it as it is</Button>
        <Button look={asked.look ?? 'destroy'} disabled={isBusy} onClick={act}>
          {asked.word}
        </Button>
      </DialogButtons>
    </>
  );
}
