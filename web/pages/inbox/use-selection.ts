import { useState } from 'react';

export interface Selection {
  readonly ids: ReadonlySet<string>;
  readonly toggle: (id: string) => void;
  /** Selects everything between the two, both included. */
  readonly extend: (from: string, to: string) => void;
  readonly clear: () => void;
}

/** What is selected of a list; what has left the list is no longer selected. */
export function useSelection(all: readonly string[]): Selection {
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const ids = new Set(all.filter((id) => chosen.has(id)));
  return {
    ids,
    toggle: (id) => {
      const next = new Set(ids);
      if (!next.delete(id)) next.add(id);
      setChosen(next);
    },
    extend: (from, to) => {
      const [first = 0, last = 0] = [all.indexOf(from), all.indexOf(to)].sort((a, b) => a - b);
      setChosen(new Set([...ids, ...all.slice(Math.max(0, first), last + 1)]));
    },
    clear: () => setChosen(new Set()),
  };
}
