import { Menu } from '@base-ui/react/menu';
import { Ellipsis } from 'lucide-react';
import type { ReactNode } from 'react';
import type { UserLine } from '../../../../src/operations/users/contract.ts';
import { menuItem, menuLandmark, menuLine, menuPopup } from '../../../parts/menu.tsx';

/** What can be done with an account. */
export function PersonActions({
  user,
  isOwn,
  onRoles,
  onReset,
  onUnlock,
  onDisable,
  onRemove,
}: {
  readonly user: UserLine;
  readonly isOwn: boolean;
  readonly onRoles: () => void;
  readonly onReset: () => void;
  readonly onUnlock: () => void;
  readonly onDisable: () => void;
  readonly onRemove: () => void;
}): ReactNode {
  return (
    <Menu.Root modal={false}>
      <Menu.Trigger
        aria-label={`What can be done with ${user.name}`}
        className="inline-flex size-8 items-center justify-center rounded-6 text-quiet hover:bg-hover hover:text-text"
      >
        <Ellipsis aria-hidden size={16} />
      </Menu.Trigger>
      <Menu.Portal render={menuLandmark(`What can be done with ${user.name}`)}>
        <Menu.Positioner align="end" sideOffset={4} className="z-50">
          <Menu.Popup className={menuPopup}>
            <Menu.Item className={menuItem} onClick={onRoles}>
              Change the roles
            </Menu.Item>
            <Menu.Item className={menuItem} onClick={onReset}>
              Give a new password
            </Menu.Item>
            <Menu.Item className={menuItem} onClick={onUnlock}>
              Unlock
            </Menu.Item>
            {isOwn ? null : (
              <>
                <div className={menuLine} />
                <Menu.Item className={menuItem} onClick={onDisable}>
                  {user.disabled ? 'Enable' : 'Disable'}
                </Menu.Item>
                <Menu.Item className={`${menuItem} text-bad`} onClick={onRemove}>
                  Remove
                </Menu.Item>
              </>
            )}
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}
