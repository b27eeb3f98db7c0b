import { messageOf } from '../../lib/app-error.ts';
import type { Clock } from '../../lib/clock.ts';
import type { NewEntry } from './chain.ts';

/** The log takes no entries. */
export interface Outage {
  readonly since: Date;
  /** Of the last refusal. */
  readonly reason: string;
  /** Entries that were not written; what they tell of was refused, reads excepted. */
  readonly refused: number;
}

/** Whether this process can write the log, and what the log says of it afterwards. */
export interface Outages {
  current(): Outage | null;
  /** So many entries could not be written. */
  refused(entries: number, cause: unknown): void;
  /** The entry that tells of the outage, for one append at a time; nothing while there is none. */
  told(): readonly NewEntry[];
  /** What was told is in the log. */
  over(): void;
}

export function createOutages(
  clock: Pick<Clock, 'now'>,
  onFault: (fault: { readonly code: string; readonly message: string }) => void,
): Outages {
  let outage: Outage | null = null;
  let isTelling = false;
  return {
    current: () => outage,
    refused: (entries, cause) => {
      const reason = messageOf(cause);
      if (outage === null) onFault({ code: 'audit_unavailable', message: reason });
      const { since, refused } = outage ?? { since: clock.now(), refused: 0 };
      outage = { since, reason, refused: refused + entries };
      isTelling = false;
    },
    told: () => {
      if (outage === null || isTelling) return [];
      isTelling = true;
      const { since, reason, refused } = outage;
      const entry = {
        event: 'audit.resumed',
        outcome: 'ok',
        actor: { kind: 'system', name: 'audit' },
        target: null,
        correlationId: 'audit',
        facts: { since, refused, why: reason },
      } as const;
      return [{ at: clock.now(), entry, begun: null }];
    },
    over: () => {
      outage = null;
      isTelling = false;
    },
  };
}
