import type { ReactNode } from 'react';
import { createContext, useContext, useEffect, useLayoutEffect, useRef, useState } from 'react';

/** A key and what it does on the page that is shown. */
export interface KeyBinding {
  /** As `KeyboardEvent.key` has it, lower case: `j`, `enter`, `?`. With Shift: `shift+j`. */
  readonly key: string;
  readonly does: string;
  readonly run: () => void;
  /** Left out of the overview and the commands, because there is nothing to do it to. */
  readonly isHidden?: boolean;
}

interface Registry {
  readonly add: (bindings: () => readonly KeyBinding[]) => () => void;
  /** One for each key: the one that was registered last. */
  readonly all: () => readonly KeyBinding[];
}

const RegistryContext = createContext<Registry | null>(null);

/** Hears the keys for everything below it; what was registered last comes first. */
export function KeyboardProvider({ children }: { readonly children: ReactNode }): ReactNode {
  const [registry] = useState(createRegistry);
  useEffect(() => {
    const listen = (event: KeyboardEvent): void => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
      // Keys are for the page that is shown, not for one below a dialog nor for one that is being left.
      const over = '[role="dialog"], #content[inert]';
      if (isTyping(event.target) || document.querySelector(over) !== null) return;
      const key = nameOf(event);
      const binding = registry.all().find((one) => one.key === key);
      if (binding === undefined || isOwnKey(event, key)) return;
      event.preventDefault();
      binding.run();
    };
    document.addEventListener('keydown', listen);
    return () => document.removeEventListener('keydown', listen);
  }, [registry]);
  return <RegistryContext value={registry}>{children}</RegistryContext>;
}

/**
 * Registers keys while the component is shown. From the moment that something is drawn keys are for it and not for what stood
 * there before, nor for a page that React keeps hidden while the next one is on its way.
 */
export function useKeys(bindings: readonly KeyBinding[]): void {
  const registry = useRegistry();
  const latest = useRef(bindings);
  useLayoutEffect(() => {
    latest.current = bindings;
  });
  useLayoutEffect(() => registry.add(() => latest.current), [registry]);
}

/** The keys that work now, for the overview and the commands. */
export function useAllKeys(): () => readonly KeyBinding[] {
  return useRegistry().all;
}

function useRegistry(): Registry {
  const registry = useContext(RegistryContext);
  if (registry === null) throw new Error('outside of KeyboardProvider');
  return registry;
}

function createRegistry(): Registry {
  const sources: (() => readonly KeyBinding[])[] = [];
  return {
    add: (source) => {
      sources.unshift(source);
      return () => {
        sources.splice(sources.indexOf(source), 1);
      };
    },
    all: () => {
      const taken = new Set<string>();
      return sources
        .flatMap((source) => source())
        .filter(({ key }) => !taken.has(key) && taken.add(key));
    },
  };
}

function nameOf({ key, shiftKey }: KeyboardEvent): string {
  const name = key.toLowerCase();
  // Signs such as ? already say that Shift was held.
  return shiftKey && (/^[a-z]$/u.test(name) || name.length > 1) ? `shift+${name}` : name;
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable ||
      target instanceof HTMLTextAreaElement ||
      target instanceof HTMLSelectElement ||
      (target instanceof HTMLInputElement && target.type !== 'checkbox'))
  );
}

/** Enter and Space belong to the button or link that has the focus. */
function isOwnKey({ target }: KeyboardEvent, key: string): boolean {
  if (key !== 'enter' && key !== ' ') return false;
  return target instanceof HTMLElement && target.closest('button, a, summary, input') !== null;
}
