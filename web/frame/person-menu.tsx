import { Menu } from '@base-ui/react/menu';
import { Check, CircleUser, Keyboard, LogOut, Monitor, Moon, Sun } from 'lucide-react';
import type { ReactNode } from 'react';
import { useState } from 'react';
import { signOut } from '../../src/operations/sessions/contract.ts';
import { useData } from '../data/data.tsx';
import { useSession } from '../data/session.tsx';
import { menuItem, menuLandmark, menuLine, menuNote, menuPopup } from '../parts/menu.tsx';
import { useFrame } from './frame-context.ts';
import type { Theme } from './theme.ts';
import { chooseTheme, chosenTheme } from './theme.ts';

const themes: readonly {
  readonly theme: Theme;
  readonly word: string;
  readonly icon: typeof Sun;
}[] = [
  { theme: 'system', word: 'As the system', icon: Monitor },
  { theme: 'light', word: 'Light', icon: Sun },
  { theme: 'dark', word: 'Dark', icon: Moon },
];

/** Who is signed in, the theme, the keys, and the way out. */
export function PersonMenu(): ReactNode {
  const session = useSession();
  const { openKeys } = useFrame();
  const [theme, setTheme] = useState(chosenTheme);
  const { client } = useData();
  // A whole new page: nothing that was read as this person stays in memory.
  const leave = (): void => {
    const go = (): void => location.assign('/sign-in');
    client.call(signOut, {}).then(go, go);
  };
  return (
    <Menu.Root>
      <Menu.Trigger
        aria-label={`${session.name}: theme, keys, sign out`}
        className="flex size-8 shrink-0 items-center justify-center rounded-6 text-quiet hover:bg-hover hover:text-text"
      >
        <CircleUser aria-hidden size={18} />
      </Menu.Trigger>
      <Menu.Portal render={menuLandmark('You')}>
        <Menu.Positioner align="end" sideOffset={6} className="z-50">
          <Menu.Popup className={menuPopup}>
            <p className={menuNote}>
              Signed in as <span className="font-medium text-text">{session.name}</span>
              {session.roles.length === 0 ? null : `, ${session.roles.join(', ')}`}
            </p>
            <div className={menuLine} />
            <Menu.RadioGroup
              aria-label="Theme"
              value={theme}
              onValueChange={(value: Theme) => {
                chooseTheme(value);
                setTheme(value);
              }}
            >
              {themes.map(({ theme: value, word, icon: Icon }) => (
                <Menu.RadioItem key={value} value={value} className={menuItem}>
                  <Icon aria-hidden size={15} />
                  <span className="flex-1">{word}</span>
                  <Menu.RadioItemIndicator>
                    <Check aria-hidden size={15} />
                  </Menu.RadioItemIndicator>
                </Menu.RadioItem>
              ))}
            </Menu.RadioGroup>
            <div className={menuLine} />
            <Menu.Item className={menuItem} onClick={openKeys}>
              <Keyboard aria-hidden size={15} />
              Keys
            </Menu.Item>
            {session.hasAccount ? (
              <>
                <div className={menuLine} />
                <Menu.Item className={menuItem} onClick={leave}>
                  <LogOut aria-hidden size={15} />
                  Sign out
                </Menu.Item>
              </>
            ) : null}
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}
