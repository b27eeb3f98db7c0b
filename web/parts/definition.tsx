import { Popover } from '@base-ui/react/popover';
import { CircleQuestionMark } from 'lucide-react';
import type { ReactNode } from 'react';
import { menuLandmark } from './menu.tsx';

/** What a figure means, one click away from it. */
export function Definition({
  of,
  children,
}: {
  /** The name of the figure. */
  readonly of: string;
  readonly children: ReactNode;
}): ReactNode {
  return (
    <Popover.Root>
      <Popover.Trigger
        aria-label={`What “${of}” means`}
        className="flex size-6 shrink-0 items-center justify-center rounded-6 text-quiet hover:bg-hover hover:text-text"
      >
        <CircleQuestionMark aria-hidden size={14} />
      </Popover.Trigger>
      <Popover.Portal render={menuLandmark('Meaning')}>
        <Popover.Positioner sideOffset={4} align="end" collisionPadding={8} className="z-50">
          <Popover.Popup className="max-w-[300px] rounded-6 border border-line bg-raised p-3 text-13 shadow-float transition-opacity duration-100 data-ending-style:opacity-0 data-starting-style:opacity-0">
            <Popover.Title className="mb-1 font-medium text-13">{of}</Popover.Title>
            <Popover.Description className="text-quiet" render={<div />}>
              {children}
            </Popover.Description>
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  );
}
