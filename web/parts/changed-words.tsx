import { PencilLine } from 'lucide-react';
import type { ReactNode } from 'react';
import { Button } from './button.tsx';

/** The id of the words that say why what stands here cannot be approved, for a button that cannot be pressed because of it. */
export const changedWordsId = 'changed-words';

/** Says that a proposal was changed while it was being read, and shows the new words when asked to. */
export function ChangedWords({ onReadAgain }: { readonly onReadAgain: () => void }): ReactNode {
  return (
    <div
      role="status"
      className="mt-3 flex flex-wrap items-center gap-x-3 gap-y-2 rounded-6 bg-warn-tint px-3 py-2 text-13 text-warn"
    >
      <PencilLine aria-hidden size={16} className="shrink-0" />
      <p id={changedWordsId} className="min-w-[200px] flex-1">
        It was changed since you read it. What stands here can no longer be approved.
      </p>
      <Button onClick={onReadAgain}>Read it again</Button>
    </div>
  );
}
