import { AlarmClock, Ban, Check, X } from 'lucide-react';
import type { ReactNode } from 'react';
import { useSession } from '../../data/session.tsx';
import { Button } from '../../parts/button.tsx';
import { changedWordsId } from '../../parts/changed-words.tsx';
import { counted } from '../../parts/format.ts';

/** One decision over everything that is selected. */
export function BulkBar({
  count,
  isOld,
  onApprove,
  onReject,
  onSnooze,
  onClear,
}: {
  readonly count: number;
  /** One of them is open and was changed since: that has to be read again before it can be approved. */
  readonly isOld: boolean;
  readonly onApprove: () => void;
  readonly onReject: () => void;
  readonly onSnooze: () => void;
  readonly onClear: () => void;
}): ReactNode {
  const { may } = useSession();
  return (
    <div
      role="toolbar"
      aria-label={counted(count, 'selected proposal')}
      className="flex flex-wrap items-center gap-2 border-line border-b bg-selected px-3 py-2"
    >
      <span className="mr-auto text-13 font-medium">{count} selected</span>
      <Button
        look="primary"
        icon={<Check aria-hidden size={14} />}
        disabled={isOld || !may('tasks:approve')}
        focusableWhenDisabled={isOld}
        aria-describedby={isOld ? changedWordsId : undefined}
        onClick={onApprove}
      >
        Approve
      </Button>
      <Button
        square
        icon={<Ban aria-hidden size={14} />}
        aria-label="Reject the selected"
        title="Reject the selected"
        disabled={!may('tasks:approve')}
        onClick={onReject}
      />
      <Button
        square
        icon={<AlarmClock aria-hidden size={14} />}
        aria-label="Snooze the selected"
        title="Snooze the selected"
        disabled={!may('tasks:write')}
        onClick={onSnooze}
      />
      <Button
        look="quiet"
        square
        icon={<X aria-hidden size={14} />}
        aria-label="Deselect all"
        title="Deselect all"
        onClick={onClear}
      />
    </div>
  );
}
