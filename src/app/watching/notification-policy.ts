import { systemClock } from '../../lib/clock.ts';
import { systemRandom } from '../../lib/random.ts';
import type { Config } from '../../platform/config/schema.ts';
import type { Breakers } from '../../platform/resilience/breakers.ts';
import { createDependency, type Dependency } from '../../platform/resilience/dependency.ts';

/** More may wait than any queue hands out at once. */
const waitingAtMost = 1000;

/**
 * What surrounds every message to somebody else. It repeats nothing: the queues of alerts and messages keep what did not
 * arrive and send it later.
 */
export function notificationPolicy(
  { resilience: { notifications } }: Pick<Config, 'resilience'>,
  breakers: Breakers,
): Dependency {
  const { timeoutMs, inFlight, breaker } = notifications;
  return createDependency(
    'notifications',
    { timeoutMs, breaker, bulkhead: { inFlight, waiting: waitingAtMost } },
    { breakers, clock: systemClock, random: systemRandom },
  );
}
