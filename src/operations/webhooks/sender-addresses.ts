import { AppError } from '../../lib/app-error.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import type { AddressList } from '../../platform/ratelimit/client-address.ts';
import { addressList } from '../../platform/ratelimit/client-address.ts';

/** The addresses that GitHub says it sends deliveries from. */
export interface SenderAddresses {
  /** AppError `unavailable` code `hook_addresses_unknown` while none were ever read. */
  includes(address: string): Promise<boolean>;
}

export interface SenderAddressesDeps {
  /** Networks such as `192.30.252.0/22`, as GitHub tells them now. */
  readonly read: () => Promise<readonly string[]>;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly log: Log;
}

/** Read again after half a day, so that a list is never older than a whole one while GitHub answers. */
const freshMs = 12 * 3_600_000;
const againMs = 300_000;

/** Keeps the list; when it cannot be read anew, the old one goes on to hold, and that is said. */
export function createSenderAddresses({ read, clock, log }: SenderAddressesDeps): SenderAddresses {
  let kept: AddressList | null = null;
  let dueMs = 0;
  let reading: Promise<void> | null = null;
  const refresh = async (): Promise<void> => {
    try {
      kept = addressList(await read());
      dueMs = clock.monotonicMs() + freshMs;
    } catch (error) {
      dueMs = clock.monotonicMs() + againMs;
      log.warn({ error, hasOld: kept !== null }, 'the addresses of GitHub could not be read');
    } finally {
      reading = null;
    }
  };
  return {
    includes: async (address) => {
      if (clock.monotonicMs() >= dueMs) reading ??= refresh();
      // What is known holds meanwhile: nobody waits for the newer list.
      if (kept === null) await reading;
      if (kept === null) throw unknownAddresses();
      return kept.includes(address);
    },
  };
}

function unknownAddresses(): AppError {
  return new AppError({
    kind: 'unavailable',
    code: 'hook_addresses_unknown',
    message: 'It is not known yet from which addresses GitHub sends.',
    next: 'Send it again later, or switch github.webhooks.onlyFromGithub off.',
  });
}
