import type { Remedy } from '../../../platform/health/healer.ts';
import type { BreakerState, Breakers } from '../../../platform/resilience/breakers.ts';

export interface BreakerRemedyParts {
  readonly breakers: Pick<Breakers, 'release'>;
  readonly breakerStates: () => Promise<readonly BreakerState[]>;
  /** Dependencies that can be asked whether they are there, with the address that tells. */
  readonly askable: () => ReadonlyMap<string, string>;
  readonly now: () => Date;
}

/** So long after the end of its wait a breaker that nobody tried has nobody to try it. */
const forgottenMs = 60_000;

/**
 * Closes the breaker of a dependency that answers again, instead of waiting up to five minutes for the next try, and one
 * whose wait is long over because nothing was to be sent. What still fails opens its breaker again.
 */
export function releaseBreakers(parts: BreakerRemedyParts): Remedy {
  const ready = async (signal: AbortSignal): Promise<readonly string[]> => {
    const open = (await parts.breakerStates()).filter(({ state }) => state !== 'closed');
    const askable = parts.askable();
    const judged = await Promise.all(
      open.map(async ({ name, until }) => {
        const overMs = parts.now().getTime() - (until?.getTime() ?? Number.POSITIVE_INFINITY);
        const address = askable.get(name);
        const isWell = address !== undefined && (await answers(address, signal));
        return isWell || (address === undefined && overMs > forgottenMs) ? [name] : [];
      }),
    );
    return judged.flat();
  };
  return {
    name: 'release_breakers',
    check: 'breakers',
    canHelp: async () => (await ready(AbortSignal.timeout(5000))).length > 0,
    act: async (signal) => {
      const names = await ready(signal);
      for (const name of names) await parts.breakers.release(name);
      return `Closed the breakers of ${names.join(', ')}: they answer again, or nobody has tried them.`;
    },
  };
}

async function answers(address: string, signal: AbortSignal): Promise<boolean> {
  try {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(5000)]);
    const answer = await fetch(address, { method: 'HEAD', signal: limit, redirect: 'manual' });
    return answer.status < 500;
  } catch {
    // Why it does not answer is told by the checks of the network.
    return false;
  }
}
