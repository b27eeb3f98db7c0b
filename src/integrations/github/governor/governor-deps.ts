import type { Clock } from '../../../lib/clock.ts';
import type { Log } from '../../../lib/log.ts';
import type { Random } from '../../../lib/random.ts';
import type { GovernorState } from './governor-state.ts';
import type { Limits } from './limits.ts';

/** What a governor is made of. */
export interface GovernorDeps {
  /** Names the credential in the shared state; never the token itself. */
  readonly credential: string;
  readonly state: GovernorState;
  readonly clock: Clock;
  readonly random: Random;
  readonly limits?: Limits;
  readonly log?: Log;
  /** Longest wait in one piece before the caller is told instead; default 90,000. */
  readonly maxWaitMs?: number;
}
