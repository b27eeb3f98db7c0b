import { Menu } from '@base-ui/react/menu';
import { useNavigate } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { classNames } from '../parts/class-names.ts';
import { menuItem, menuLandmark, menuPopup } from '../parts/menu.tsx';
import { MoreWord, place, type RailPage } from './rail-place.tsx';

/** The places for which a small screen has no room. */
export function More({ pages }: { readonly pages: readonly RailPage[] }): ReactNode {
  const navigate = useNavigate();
  return (
    <Menu.Root>
      <Menu.Trigger className={classNames('flex sm:hidden', place)}>
        <MoreWord />
      </Menu.Trigger>
      <Menu.Portal render={menuLandmark('More pages')}>
        <Menu.Positioner side="top" align="end" sideOffset={8} className="z-50">
          <Menu.Popup className={menuPopup}>
            {pages.map(({ path, title, nav: { icon: Icon } }) => (
              <Menu.Item
                key={path}
                className={menuItem}
                onClick={() => void navigate({ to: path })}
              >
                <Icon aria-hidden size={16} />
                {title}
              </Menu.Item>
            ))}
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}
