import { useState } from 'react';
import type { TaskStory } from '../../src/operations/tasks/contract.ts';

export interface WordsRead {
  /** The task with the words that the person began to read; its state and all else are live. */
  readonly shown: TaskStory;
  /** The words are others by now than those shown. */
  readonly isOld: boolean;
  /** Shows the words as they stand now. */
  readonly readAgain: () => void;
  /** Shows words with this hash as soon as they are known: the person wrote them. */
  readonly follow: (contentHash: string) => void;
}

/**
 * While a proposal waits, its words do not change under the eyes of who reads them: an approval binds what was shown, so
 * other words are shown only when they are asked for. `isFresh` is false as long as what is known may be old anyway.
 */
export function useWordsRead(task: TaskStory, isFresh: boolean): WordsRead {
  const [read, setRead] = useState<TaskStory | null>(isFresh ? task : null);
  const [written, setWritten] = useState<string | null>(null);
  if (read === null && isFresh) setRead(task);
  if (written === task.contentHash) {
    setRead(task);
    setWritten(null);
  }
  const waits = task.state === 'proposed' || task.state === 'needs_attention';
  const isOld =
    waits && read !== null && read.id === task.id && read.contentHash !== task.contentHash;
  const { state, attention, note, snoozedUntil, approved, approvals, bound, runs } = task;
  return {
    shown: isOld
      ? { ...read, state, attention, note, snoozedUntil, approved, approvals, bound, runs }
      : task,
    isOld,
    readAgain: () => setRead(task),
    follow: setWritten,
  };
}
