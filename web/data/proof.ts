/** The wait of a dangerous act for the person to say again who they are. */
export interface Proof {
  readonly subscribe: (onChange: () => void) => () => void;
  /** Whether an act waits for it. */
  readonly isAsked: () => boolean;
  /** True when the person has proven it, false when they gave up; several acts wait for one proof. */
  readonly ask: () => Promise<boolean>;
  readonly settle: (isProven: boolean) => void;
}

export function createProof(): Proof {
  const listeners = new Set<() => void>();
  let waiting: ((isProven: boolean) => void)[] = [];
  const tell = (): void => {
    for (const listener of listeners) listener();
  };
  return {
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    isAsked: () => waiting.length > 0,
    ask: () =>
      new Promise((resolve) => {
        waiting = [...waiting, resolve];
        tell();
      }),
    settle: (isProven) => {
      const all = waiting;
      waiting = [];
      tell();
      for (const resolve of all) resolve(isProven);
    },
  };
}
