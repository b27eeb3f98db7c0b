import { snoozeTask } from '../../../src/operations/approvals/contract.ts';
import { approveTask, rejectTask } from '../../../src/operations/tasks/contract.ts';
import { useData } from '../../data/data.tsx';
import { sendAll } from '../../data/send-all.ts';
import { counted, formatExact } from '../../parts/format.ts';

/** As much of a task as a decision names. */
export interface Subject {
  readonly id: string;
  readonly title: string;
}

export interface Decide {
  readonly approve: (tasks: readonly Subject[]) => void;
  readonly reject: (tasks: readonly Subject[], reason: string, neverAgain: boolean) => void;
  readonly snooze: (tasks: readonly Subject[], until: Date) => void;
}

/** The decisions that can be undone for ten seconds; several at once are one decision. */
export function useDecide(): Decide {
  const { client, decisions } = useData();
  const decide = (
    word: string,
    tasks: readonly Subject[],
    send: (id: string) => Promise<unknown>,
  ): void => {
    const [only] = tasks;
    if (only === undefined) return;
    const what = tasks.length === 1 ? only.title : counted(tasks.length, 'proposal');
    decisions.decide({
      subjects: tasks.map(({ id }) => id),
      words: `${word}: ${what}`,
      send: () =>
        sendAll(
          tasks.map(({ id }) => id),
          send,
          (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
        ),
    });
  };
  return {
    approve: (tasks) => decide('Approved', tasks, (id) => client.call(approveTask, { id })),
    reject: (tasks, reason, neverAgain) =>
      decide('Rejected', tasks, (id) =>
        client.call(rejectTask, {
          id,
          ...(reason === '' ? {} : { reason }),
          ...(neverAgain ? { neverAgain: 'this_kind_here' } : {}),
        }),
      ),
    snooze: (tasks, until) =>
      decide(`Snoozed until ${formatExact(until)}`, tasks, (id) =>
        client.call(snoozeTask, { id, until: until.toISOString() }),
      ),
  };
}
