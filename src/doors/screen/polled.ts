import { useEffect, useRef, useState } from 'react';
import { messageOf } from '../../lib/app-error.ts';

/** The last good answer, and what is wrong with asking now; both null before the first. */
export interface Polled<T> {
  readonly value: T | null;
  readonly problem: string | null;
}

/** Asks now, whenever `key` changes and every so many milliseconds; answers of an older key are dropped. */
export function usePolled<T>(key: string, everyMs: number, ask: () => Promise<T>): Polled<T> {
  const [state, setState] = useState<Polled<T> & { readonly key: string }>(empty(key));
  const asking = useRef(ask);
  asking.current = ask;
  useEffect(() => {
    let isOver = false;
    let timer: NodeJS.Timeout | undefined;
    const round = async (): Promise<void> => {
      try {
        const value = await asking.current();
        if (!isOver) setState({ key, value, problem: null });
      } catch (error) {
        const problem = messageOf(error);
        if (!isOver)
          setState((last) => ({ ...(last.key === key ? last : empty<T>(key)), problem }));
      }
      if (!isOver) timer = setTimeout(() => void round(), everyMs);
    };
    void round();
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, [key, everyMs]);
  return state.key === key ? state : empty(key);
}

function empty<T>(key: string): Polled<T> & { readonly key: string } {
  return { key, value: null, problem: null };
}
