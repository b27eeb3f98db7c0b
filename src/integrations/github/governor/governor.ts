import { setInterval } from 'node:timers';
import { toAppError } from '../../../lib/app-error.ts';
import { silentLog } from '../../../lib/log.ts';
import { type AnswerHead, concernsLimits, isLimit, observe } from './answers.ts';
import type { GovernorDeps } from './governor-deps.ts';
import { createHeard } from './heard.ts';
import type { Demand } from './lanes.ts';
import { githubLimits, release, renew } from './limits.ts';
import { createReadBlocks } from './read-blocks.ts';
import { createTurns, longestWaitMs, stateAway, type Turn, tooLong } from './turns.ts';

/** The only way to GitHub: every request waits here for its turn, and every answer is read for limits. */
export interface Governor {
  /**
   * Runs one exchange. A limit is waited out and the exchange repeated (GitHub did nothing then);
   * AppError `rate_limited` code `github_rate_limited` with `details.until` when the wait is too long.
   */
  run<Answer extends AnswerHead>(demand: Demand, exchange: () => Promise<Answer>): Promise<Answer>;
  /**
   * Runs what is no exchange of ours, such as git. An AppError `rate_limited` that it throws holds everybody back and
   * is thrown on.
   */
  hold<Result>(demand: Demand, work: () => Promise<Result>): Promise<Result>;
}

/** How often one request may meet a limit. */
const maxRefusals = 5;

export function createGovernor(deps: GovernorDeps): Governor {
  const blocks = createReadBlocks(deps, (error) => {
    // A process that ends need not give back what comes back by its lease.
    (deps.log ?? silentLog).debug({ error }, 'a block of reads was not given back');
  });
  const turns = createTurns(deps, deps.random.uuid(), blocks);
  const lease = keepLeases(deps);
  const heard = createHeard(deps.clock);
  /** Sends, and takes what the answer says into the budget. */
  const passed = async <Result>(
    turn: Turn,
    work: () => Promise<Result>,
    headOf: (end: { readonly result: Result } | { readonly error: unknown }) => AnswerHead | null,
  ): Promise<Result> => {
    let head: AnswerHead | null = null;
    lease.keep(turn.id);
    try {
      const result = await work();
      head = headOf({ result });
      return result;
    } catch (error) {
      head = headOf({ error });
      throw error;
    } finally {
      const forMs = head === null ? 0 : heard.hear(head);
      if (forMs > 0) await tell(deps, forMs);
      await ended(deps, turn, head);
      lease.end(turn.id);
      if (turn.ofBlock) blocks.ended(turn.id);
      turns.wake();
    }
  };
  const giveBack = async (turn: Turn): Promise<void> => {
    await ended(deps, turn, null);
    if (turn.ofBlock) blocks.ended(turn.id);
  };
  /** A turn that was given before this process, or meanwhile another one, was told of a limit is given back. */
  const turnOf = async (demand: Demand): Promise<Turn> => {
    for (;;) {
      const turn = await turns.turn(demand);
      const asked = turn.isLookedAt ? Promise.resolve(0) : toldMs(deps);
      const told = await asked.catch(async (error: unknown) => {
        await giveBack(turn);
        throw stateAway(error);
      });
      const waitMs = Math.max(told, heard.waitMs());
      if (waitMs <= 0) return turn;
      await giveBack(turn);
      if (waitMs > (deps.maxWaitMs ?? longestWaitMs)) throw tooLong(deps, 'paused', waitMs);
      await deps.clock.sleep(waitMs);
      turns.wake();
    }
  };
  return {
    run: async (demand, exchange) => {
      for (let refusals = 0; refusals < maxRefusals; refusals += 1) {
        const turn = await turnOf(demand);
        const answer = await passed(turn, exchange, (end) => ('result' in end ? end.result : null));
        if (!isLimit(answer)) return answer;
      }
      // Of several refusals without a time only the shared budget knows how long is to be waited by now.
      const told = await toldMs(deps).catch(() => 0);
      throw tooLong(deps, 'paused', Math.max(0, told, heard.waitMs()));
    },
    hold: async (demand, work) => {
      const turn = await turnOf(demand);
      return passed(turn, work, (end) =>
        'error' in end && toAppError(end.error).kind === 'rate_limited' ? limitedHead : null,
      );
    },
  };
}

/** A limit that names no time. */
const limitedHead: AnswerHead = { status: 429, headers: {}, text: '' };

/** How long anybody was told to wait from now on; since a turn was given it was a commit, which is a while on a slow disk. */
async function toldMs({ state, credential, clock }: GovernorDeps): Promise<number> {
  const { untilMs, nowMs } = await state.pause(credential);
  return untilMs - (nowMs ?? clock.now().getTime());
}

/** The others hear of a limit before this process has its turn at the budget, or if it dies before. */
async function tell(deps: GovernorDeps, forMs: number): Promise<void> {
  try {
    await deps.state.tell(deps.credential, forMs);
  } catch (error) {
    isNotKept(deps, error);
  }
}

// What GitHub answered stands, whatever became of our row; the permit comes back by its lease.
async function ended(deps: GovernorDeps, turn: Turn, head: AnswerHead | null): Promise<void> {
  if (turn.ofBlock && (head === null || !concernsLimits(head))) return;
  try {
    await deps.state.change(deps.credential, (before, nowMs) => {
      const now = nowMs ?? deps.clock.now().getTime();
      const budget = turn.ofBlock ? before : release(before, turn.id, now);
      const seen = head === null ? budget : observe(budget, head, now).budget;
      return { budget: seen, answer: undefined };
    });
  } catch (error) {
    isNotKept(deps, error);
  }
}

function isNotKept({ log = silentLog, credential }: GovernorDeps, error: unknown): void {
  log.warn({ error, credential }, "the budget of GitHub's limits could not be kept");
}

/** A permit runs out when its process dies; a long push or a body that trickles keeps its own alive. */
function keepLeases(deps: GovernorDeps): { keep(id: string): void; end(id: string): void } {
  const { state, credential, clock, limits = githubLimits } = deps;
  const held = new Map<string, number>();
  let timer: ReturnType<typeof setInterval> | null = null;
  const renewAll = (): void => {
    state
      .change(credential, (budget, now) => ({
        budget: renew(budget, new Set(held.keys()), now ?? clock.now().getTime(), limits),
        answer: undefined,
      }))
      .catch((error: unknown) => isNotKept(deps, error));
  };
  return {
    keep: (id) => {
      held.set(id, (held.get(id) ?? 0) + 1);
      timer ??= setInterval(renewAll, limits.leaseMs / 3).unref();
    },
    end: (id) => {
      const left = (held.get(id) ?? 1) - 1;
      if (left > 0) held.set(id, left);
      else held.delete(id);
      if (held.size > 0 || timer === null) return;
      clearInterval(timer);
      timer = null;
    },
  };
}
