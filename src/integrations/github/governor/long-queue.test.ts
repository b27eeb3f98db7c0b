import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createEventClock } from '../../../../test/fakes/event-clock.ts';
import { AppError } from '../../../lib/app-error.ts';
import { systemRandom } from '../../../lib/random.ts';
import type { AnswerHead } from './answers.ts';
import { createGovernor, type Governor } from './governor.ts';
import { createMemoryGovernorState } from './governor-state.ts';
import { type Demand, lanes } from './lanes.ts';

const fine: AnswerHead = { status: 200, headers: {}, text: '' };
const answerMs = 180;
/** `QUEUED_WRITES=5000` for the whole figure; two hours of them in the suite. */
const writes = Number(process.env['QUEUED_WRITES'] ?? 700);
/** Of one process, beside each other. */
const senders = 8;

interface Sent {
  readonly beganMs: number;
  readonly endedMs: number;
  readonly demand: Demand;
}

/** The most that any window of so many milliseconds, open at its start, holds. */
function fullest(sent: readonly Sent[], widthMs: number, weight: (one: Sent) => number): number {
  let [highest, held, first] = [0, 0, 0];
  for (const one of sent) {
    held += weight(one);
    for (let old = sent[first]; old !== undefined && old.beganMs <= one.beganMs - widthMs; ) {
      held -= weight(old);
      first += 1;
      old = sent[first];
    }
    highest = Math.max(highest, held);
  }
  return highest;
}

/** Sends what is queued through the governors, `senders` at a time in each, on a clock that goes on to the next sleeper. */
async function drain(
  queue: Demand[],
  processes: number,
): Promise<{ readonly sent: readonly Sent[]; readonly atOnce: number }> {
  const clock = createEventClock();
  const state = createMemoryGovernorState(clock);
  const sent: Sent[] = [];
  let [underWay, atOnce] = [0, 0];
  const exchange = async (demand: Demand): Promise<AnswerHead> => {
    underWay += 1;
    atOnce = Math.max(atOnce, underWay);
    const beganMs = clock.monotonicMs();
    await clock.sleep(answerMs);
    sent.push({ beganMs, endedMs: clock.monotonicMs(), demand });
    underWay -= 1;
    return fine;
  };
  const sender = async (governor: Governor): Promise<void> => {
    for (let demand = queue.shift(); demand !== undefined; demand = queue.shift()) {
      for (let isSent = false; !isSent; ) {
        const next = demand;
        try {
          await governor.run(next, () => exchange(next));
          isSent = true;
        } catch (error) {
          if (!(error instanceof AppError) || error.code !== 'github_rate_limited') throw error;
          await clock.sleep(Date.parse(String(error.details['until'])) - clock.now().getTime());
        }
      }
    }
  };
  const over = new AbortController();
  const all = Promise.all(
    Array.from({ length: processes }, () =>
      createGovernor({ credential: 'one token', state, clock, random: systemRandom }),
    ).flatMap((governor) => Array.from({ length: senders }, () => sender(governor))),
  ).finally(() => over.abort());
  while (!over.signal.aborted) {
    await nextTurn();
    clock.wakeNext();
  }
  await all;
  return { sent: sent.toSorted((one, other) => one.beganMs - other.beganMs), atOnce };
}

test.each([1, 2])(
  `${writes} queued writes of %i processes with one token stay under every limit of GitHub, hour after hour`,
  async (processes) => {
    const queue = Array.from(
      { length: writes },
      (_, n): Demand => ({
        lane: lanes[n % lanes.length] ?? 'person',
        write: true,
        createsContent: n % 10 !== 0,
      }),
    );
    const { sent, atOnce } = await drain(queue, processes);
    const gaps = sent.slice(1).map(({ beganMs }, n) => beganMs - (sent[n]?.endedMs ?? 0));
    const content = ({ demand }: Sent): number => (demand.createsContent ? 1 : 0);
    expect(sent).toHaveLength(writes);
    expect(atOnce).toBeLessThanOrEqual(10);
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(1000);
    expect(fullest(sent, 60_000, content)).toBeLessThanOrEqual(80);
    expect(fullest(sent, 3_600_000, content)).toBeLessThanOrEqual(500);
    expect(fullest(sent, 60_000, () => 5)).toBeLessThanOrEqual(900);
    // Nor does it stand still: the last lane alone may use three quarters of an hour's five hundred.
    expect(sent.at(-1)?.beganMs).toBeLessThanOrEqual((1 + writes / 375) * 3_600_000);
  },
);
