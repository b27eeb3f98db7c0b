import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import type { Database } from './database.ts';
import { type SessionLock, takeSessionLock } from './session-lock.ts';

/** Which one of several processes does what only one should do. */
export interface Leadership {
  /** Whether it is this process, as far as it knows: ask before each piece of work, and keep pieces repeatable. */
  leads(): boolean;
  /** Gives it to another one. */
  resign(): Promise<void>;
}

const tryEveryMs = 500;

/** Runs for the lead until it is resigned; whoever holds the lock leads, and its lock goes with the process. */
export function seekLeadership(
  options: {
    readonly database: Pick<Database, 'url'>;
    readonly name: string;
    readonly label: string;
    /** Called each time that this process takes the lead. */
    readonly onLead?: () => void;
  },
  deps: { readonly clock: Clock; readonly log: Log },
): Leadership {
  const { database, name, label, onLead } = options;
  const resigned = new AbortController();
  let lock: SessionLock | undefined;
  const told = (): void => {
    deps.log.info({ lead: name }, 'This process takes the lead.');
    onLead?.();
  };
  const seeking = (async () => {
    while (!resigned.signal.aborted && lock === undefined) {
      try {
        lock = await takeSessionLock({ url: database.url, name, label, onRegained: told }, deps);
      } catch (error) {
        deps.log.warn({ lead: name, error }, 'The lead could not be asked for; it is tried again.');
      }
      if (lock !== undefined) told();
      else await deps.clock.sleep(tryEveryMs, resigned.signal).catch(() => undefined);
    }
  })();
  return {
    leads: () => lock?.held() === true,
    resign: async () => {
      resigned.abort();
      await seeking;
      await lock?.release();
    },
  };
}

/** Where there is only one process. */
export const alwaysLeads: Leadership = { leads: () => true, resign: async () => undefined };
