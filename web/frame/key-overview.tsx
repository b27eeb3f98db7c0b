import type { ReactNode } from 'react';
import { Dialog } from '../parts/dialog.tsx';
import { useAllKeys, useKeys } from '../parts/keys.tsx';

/** What the key of this overview does; the commands have it under a name of their own. */
export const showKeys = 'Show these keys';

/** Every key that works here; `?` opens it. */
export function KeyOverview({
  open,
  onOpen,
  onClose,
}: {
  readonly open: boolean;
  readonly onOpen: () => void;
  readonly onClose: () => void;
}): ReactNode {
  const all = useAllKeys();
  useKeys([{ key: '?', does: showKeys, run: onOpen }]);
  const keys = open ? all().filter(({ isHidden }) => isHidden !== true) : [];
  return (
    <Dialog open={open} onClose={onClose} title="Keys">
      <dl className="grid grid-cols-[auto_1fr] items-baseline gap-x-4 gap-y-2 text-13">
        <Row keys="Ctrl K" does="Search and commands" />
        {keys.map(({ key, does }) => (
          <Row key={`${key} ${does}`} keys={key} does={does} />
        ))}
      </dl>
    </Dialog>
  );
}

function Row({ keys, does }: { readonly keys: string; readonly does: string }): ReactNode {
  return (
    <>
      <dt>
        <kbd className="inline-flex h-5 min-w-5 items-center justify-center rounded-3 border border-line bg-sunken px-1 text-12">
          {keys}
        </kbd>
      </dt>
      <dd>{does}</dd>
    </>
  );
}
