import { Dialog as BaseDialog } from '@base-ui/react/dialog';
import type { ReactNode } from 'react';
import { classNames } from './class-names.ts';
import type { DialogProps } from './dialog-props.ts';
import { SayOnce } from './states.tsx';

/** The window itself, for `Dialog`. */
export function DialogWindow({
  open,
  onClose,
  title,
  about,
  wide = false,
  children,
}: DialogProps): ReactNode {
  return (
    <BaseDialog.Root
      open={open}
      onOpenChange={(isOpen) => {
        if (!isOpen) onClose();
      }}
    >
      <BaseDialog.Portal>
        <BaseDialog.Backdrop className="fixed inset-0 z-40 bg-text/25 transition-opacity duration-100 data-ending-style:opacity-0 data-starting-style:opacity-0 dark:bg-canvas/70" />
        <BaseDialog.Popup
          className={classNames(
            'fixed inset-x-2 top-[max(8px,10dvh)] z-50 mx-auto flex max-h-[80dvh] flex-col overflow-hidden rounded-6 border border-line bg-raised shadow-float',
            'transition-opacity duration-100 data-ending-style:opacity-0 data-starting-style:opacity-0',
            wide ? 'max-w-[760px]' : 'max-w-[480px]',
          )}
        >
          <div className="flex flex-col gap-1 px-5 pt-4 pb-3">
            <BaseDialog.Title className="text-16 font-semibold">{title}</BaseDialog.Title>
            {about === undefined ? null : (
              <BaseDialog.Description className="text-13 text-quiet">
                {about}
              </BaseDialog.Description>
            )}
          </div>
          <div className="min-h-0 overflow-y-auto px-5 pb-5">
            <SayOnce>{children}</SayOnce>
          </div>
        </BaseDialog.Popup>
      </BaseDialog.Portal>
    </BaseDialog.Root>
  );
}
