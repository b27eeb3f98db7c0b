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
  /** Which may be closed, and why. */
  const ready = async (signal: AbortSignal): Promise<ReadonlyMap<string, string>> => {
    const open = (await parts.breakerStates()).filter(({ state }) => state !== 'closed');
    const askable = parts.askable();
    const judged = await Promise.all(
      open.map(async ({ name, until }): Promise<(readonly [string, string])[]> => {
        const address = askable.get(name);
        if (address !== undefined)
          return (await answers(address, signal)) ? [[name, 'it answers again']] : [];
        const overMs = parts.now().getTime() - (until?.getTime() ?? Number.POSITIVE_INFINITY);
        return overMs > forgottenMs ? [[name, 'nobody has tried it since its wait was over']] : [];
      }),
    );
    return new Map(judged.flat());
  };
  return {
    name: 'release_breakers',
    check: 'breakers',
    canHelp: async () => (await ready(AbortSignal.timeout(5000))).size > 0,
    act: async (signal) => {
      const found = await ready(signal);
      for (const name of found.keys()) await parts.breakers.release(name);
      const said = [...found].map(([name, why]) => `${name} (${why})`);
      return said.length === 0 ? 'No breaker could be closed.' : `Closed ${said.join(', ')}.`;
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
