import { snoozeTask } from '../../../src/operations/approvals/contract.ts';
import { approveTask, rejectTask } from '../../../src/operations/tasks/contract.ts';
import { useData } from '../../data/data.tsx';
import type { Subject } from '../../data/decisions.ts';
import { sendAll } from '../../data/send-all.ts';
import { formatExact } from '../../parts/format.ts';

/** What was decided goes out though its page is closed before the ten seconds are over. */
const leaving = { keepalive: true };

/** A proposal with the hash of the words that the person was shown. */
export interface Read extends Subject {
  readonly contentHash: string | null;
}

export interface Decide {
  /** Approves the words that were read and no others: what says something else by then is refused. */
  readonly approve: (tasks: readonly Read[]) => void;
  readonly reject: (tasks: readonly Subject[], reason: string, neverAgain: boolean) => void;
  readonly snooze: (tasks: readonly Subject[], until: Date) => void;
}

/** The decisions that can be undone for ten seconds; several at once are one decision. */
export function useDecide(): Decide {
  const { client, decisions } = useData();
  const decide = <T extends Subject>(
    word: string,
    tasks: readonly T[],
    send: (task: T) => Promise<unknown>,
  ): void => {
    if (tasks.length === 0) return;
    decisions.decide({
      subjects: tasks,
      word,
      send: () => sendAll(tasks, send, (ms) => new Promise((resolve) => setTimeout(resolve, ms))),
    });
  };
  return {
    approve: (tasks) =>
      decide('Approved', tasks, ({ id, contentHash }) =>
        client.call(approveTask, { id, ...(contentHash === null ? {} : { contentHash }) }, leaving),
      ),
    reject: (tasks, reason, neverAgain) =>
      decide('Rejected', tasks, ({ id }) =>
        client.call(
          rejectTask,
          {
            id,
            ...(reason === '' ? {} : { reason }),
            ...(neverAgain ? { neverAgain: 'this_kind_here' } : {}),
          },
          leaving,
        ),
      ),
    snooze: (tasks, until) =>
      decide(`Snoozed until ${formatExact(until)}`, tasks, ({ id }) =>
        client.call(snoozeTask, { id, until: until.toISOString() }, leaving),
      ),
  };
}
