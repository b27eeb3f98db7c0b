import type { ReactNode } from 'react';
import { useState } from 'react';
import { Button } from '../../parts/button.tsx';
import { Dialog, DialogButtons } from '../../parts/dialog.tsx';
import { TextField } from '../../parts/field.tsx';
import { counted } from '../../parts/format.ts';

interface Choice {
  readonly words: string;
  readonly until: Date;
}

const shown = new Intl.DateTimeFormat(undefined, {
  weekday: 'short',
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
});

/** The moments that people mean, from the one given; mornings are at nine of the local time. */
function snoozeChoices(now: Date): readonly Choice[] {
  const morning = (days: number): Date => {
    const at = new Date(now);
    at.setDate(at.getDate() + days);
    at.setHours(9, 0, 0, 0);
    return at;
  };
  const toMonday = ((8 - now.getDay()) % 7) + (now.getDay() === 1 ? 7 : 0);
  return [
    { words: 'In three hours', until: new Date(now.getTime() + 3 * 3_600_000) },
    { words: 'Tomorrow morning', until: morning(1) },
    { words: 'Next Monday', until: morning(toMonday) },
    { words: 'In four weeks', until: morning(28) },
  ];
}

/** Puts proposals off until a moment; they come back by themselves. */
export function SnoozeDialog({
  count,
  onClose,
  onSnooze,
}: {
  /** 0: closed. */
  readonly count: number;
  readonly onClose: () => void;
  readonly onSnooze: (until: Date) => void;
}): ReactNode {
  return (
    <Dialog
      open={count > 0}
      onClose={onClose}
      title={count > 1 ? `Snooze ${counted(count, 'proposal')}` : 'Snooze'}
      about="It leaves the inbox and comes back by itself."
    >
      <SnoozeForm onClose={onClose} onSnooze={onSnooze} />
    </Dialog>
  );
}

function SnoozeForm({
  onClose,
  onSnooze,
}: {
  readonly onClose: () => void;
  readonly onSnooze: (until: Date) => void;
}): ReactNode {
  const [choices] = useState(() => snoozeChoices(new Date()));
  const [own, setOwn] = useState('');
  const [error, setError] = useState<string | null>(null);
  return (
    <div className="flex flex-col gap-2">
      {choices.map(({ words, until }) => (
        <Button key={words} className="h-9 justify-between!" onClick={() => onSnooze(until)}>
          <span>{words}</span>
          <span className="font-normal text-quiet">{shown.format(until)}</span>
        </Button>
      ))}
      <form
        className="mt-2"
        onSubmit={(event) => {
          event.preventDefault();
          const until = new Date(own);
          if (Number.isNaN(until.getTime())) setError('Choose a day and a time.');
          else if (until.getTime() <= Date.now()) setError('This moment has passed.');
          else onSnooze(until);
        }}
      >
        <TextField
          label="Until"
          type="datetime-local"
          value={own}
          error={error}
          onChange={(event) => {
            setOwn(event.target.value);
            setError(null);
          }}
        />
        <DialogButtons>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit">
            Snooze
          </Button>
        </DialogButtons>
      </form>
    </div>
  );
}
