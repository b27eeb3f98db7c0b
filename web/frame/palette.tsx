import { Dialog } from '@base-ui/react/dialog';
import { useNavigate } from '@tanstack/react-router';
import { Command, defaultFilter } from 'cmdk';
import { CornerDownLeft, Keyboard, Search, Zap } from 'lucide-react';
import type { ReactNode } from 'react';
import { useDeferredValue, useState } from 'react';
import { listTasks } from '../../src/operations/tasks/contract.ts';
import { useAsk } from '../data/data.tsx';
import { lookOf } from '../parts/badge.tsx';
import { repositoryName } from '../parts/format.ts';
import { Key } from '../parts/key.tsx';
import { useAllKeys } from '../parts/keys.tsx';
import { useFrame } from './frame-context.ts';
import { showKeys } from './key-overview.tsx';
import { chooseTheme } from './theme.ts';

/** What the values of tasks begin with, and those of nothing else. */
const taskValue = 'task ';

const item =
  'flex min-h-9 cursor-default select-none items-center gap-3 rounded-3 px-3 py-1 text-13 data-[selected=true]:bg-selected';
const group =
  '[&_[cmdk-group-heading]]:px-3 [&_[cmdk-group-heading]]:pt-3 [&_[cmdk-group-heading]]:pb-1 [&_[cmdk-group-heading]]:text-12 [&_[cmdk-group-heading]]:text-quiet';

/** The service has chosen the tasks by the words already; all else is matched here. */
function score(value: string, words: string, keywords?: string[]): number {
  return value.startsWith(taskValue) ? 1 : defaultFilter(value, words, keywords);
}

/** Search over tasks, the pages, and commands, in one list that the arrow keys walk. */
export function Palette({ onClose }: { readonly onClose: () => void }): ReactNode {
  const [words, setWords] = useState('');
  const navigate = useNavigate();
  const { pages, openKeys } = useFrame();
  const q = useDeferredValue(words.trim());
  const { data: tasks } = useAsk(
    listTasks,
    { q, limit: 8, sort: 'updated' },
    { enabled: q.length > 1, keep: true },
  );
  const acts = useAllKeys()().filter(
    ({ isHidden, does }) => isHidden !== true && does !== showKeys,
  );
  const go = (act: () => unknown) => () => {
    onClose();
    act();
  };
  return (
    <Dialog.Root open onOpenChange={(open) => (open ? undefined : onClose())}>
      <Dialog.Portal>
        <Dialog.Backdrop className="fixed inset-0 z-40 bg-text/25 dark:bg-canvas/70" />
        <Dialog.Popup className="fixed inset-x-2 top-[max(8px,12dvh)] z-50 mx-auto max-w-[600px] overflow-hidden rounded-6 border border-line bg-raised shadow-float">
          <Dialog.Title className="sr-only">Search and commands</Dialog.Title>
          <Command label="Search and commands" loop filter={score}>
            <div className="flex items-center gap-3 border-line border-b px-4">
              <Search aria-hidden size={16} className="shrink-0 text-quiet" />
              <Command.Input
                value={words}
                onValueChange={setWords}
                placeholder="Search tasks, go to a page, do something"
                className="h-12 w-full bg-transparent text-14 outline-none placeholder:text-quiet"
              />
            </div>
            <Command.List className="max-h-[min(420px,60dvh)] overflow-y-auto p-1">
              <Command.Empty className="px-4 py-8 text-center text-13 text-quiet">
                Nothing is called so.
              </Command.Empty>
              {q.length > 1 && tasks !== undefined && tasks.items.length > 0 ? (
                <Command.Group heading="Tasks" className={group}>
                  {tasks.items.map(({ id, title, target, state }) => {
                    const { icon: Icon, word } = lookOf(state);
                    return (
                      <Command.Item
                        key={id}
                        value={`${taskValue}${id}`}
                        className={item}
                        onSelect={go(() => navigate({ to: `/tasks/${id}` }))}
                      >
                        <Icon aria-hidden size={15} className="shrink-0 text-quiet" />
                        <span className="min-w-0 flex-1 truncate">{title}</span>
                        <span className="shrink-0 text-12 text-quiet">
                          {repositoryName(target)} · {word}
                        </span>
                      </Command.Item>
                    );
                  })}
                </Command.Group>
              ) : null}
              {acts.length === 0 ? null : (
                <Command.Group heading="Do here" className={group}>
                  {acts.map(({ key, does, run }) => (
                    <Command.Item
                      key={`${key} ${does}`}
                      value={does}
                      className={item}
                      onSelect={go(run)}
                    >
                      <Zap aria-hidden size={15} className="shrink-0 text-quiet" />
                      <span className="flex-1">{does}</span>
                      <Key>{key}</Key>
                    </Command.Item>
                  ))}
                </Command.Group>
              )}
              <Command.Group heading="Go to" className={group}>
                {pages.map(({ path, title, nav }) =>
                  nav === undefined ? null : (
                    <Command.Item
                      key={path}
                      value={`go to ${title}`}
                      className={item}
                      onSelect={go(() => navigate({ to: path }))}
                    >
                      <nav.icon aria-hidden size={15} className="text-quiet" />
                      {title}
                    </Command.Item>
                  ),
                )}
              </Command.Group>
              {words.trim() === '' ? null : (
                <Command.Group heading="Places" className={group}>
                  {pages.flatMap(({ path, places = [] }) =>
                    places.map(({ word, search }) => (
                      <Command.Item
                        key={word}
                        value={`go to ${word}`}
                        className={item}
                        onSelect={go(() =>
                          navigate({ to: path, ...(search === undefined ? {} : { search }) }),
                        )}
                      >
                        <CornerDownLeft aria-hidden size={15} className="text-quiet" />
                        {word}
                      </Command.Item>
                    )),
                  )}
                </Command.Group>
              )}
              <Command.Group heading="Commands" className={group}>
                <Command.Item
                  value="keys keyboard shortcuts"
                  className={item}
                  onSelect={go(openKeys)}
                >
                  <Keyboard aria-hidden size={15} className="text-quiet" />
                  Show the keys
                </Command.Item>
                {(['system', 'light', 'dark'] as const).map((theme) => (
                  <Command.Item
                    key={theme}
                    value={`theme ${theme}`}
                    className={item}
                    onSelect={go(() => chooseTheme(theme))}
                  >
                    <CornerDownLeft aria-hidden size={15} className="text-quiet" />
                    Theme: {theme === 'system' ? 'as the system' : theme}
                  </Command.Item>
                ))}
              </Command.Group>
            </Command.List>
          </Command>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
