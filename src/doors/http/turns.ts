import { performance } from 'node:perf_hooks';
import type { FastifyInstance } from 'fastify';
import type { Clock } from '../../lib/clock.ts';

/** Requests at work at once while they wait for the processor. */
export const atOnce = 8;
/** Once the first in line has waited for so long, those who came last are likelier to be there still. */
const patienceMs = 1000;
/** Who floods with connections does not keep the requests of others from beginning for longer. */
const longestHoldMs = 50;
const lookEachMs = 20;
const shortestLookMs = 10;
/** Share of its time that a loop with nothing to spare is at work. */
const busyShare = 0.8;

/**
 * Begins requests in the order in which they came, and only a few before others have their answer as long as the event loop
 * has no time to spare: a crowd that shares a processor is answered at its end, all of it late; one after the other, most
 * are in time. Where those at work wait for something else, the loop has time and the next begin without them. When more
 * comes than is answered, those who came last are first, since the first would be answered when they have just given up
 * (B. Maurer, "Fail at Scale", ACM Queue 13/8, 2015). Whoever has gone before their turn is not served: nothing was begun,
 * and nobody would hear of it.
 *
 * Nothing begins while connections still come in. A turn of the loop takes one of them (libuv since 1.45), so beside work a
 * crowd would stand in the kernel's line, in which nobody is seen to leave, and each would be taken just before it gives up.
 *
 * `isFirst` are the addresses that wait for nobody.
 */
export function takeTurns(
  app: FastifyInstance,
  isFirst: (url: string) => boolean,
  clock: Clock,
  isBusy = loopIsBusy(),
): void {
  const turns = createTurns(isBusy, () => clock.monotonicMs());
  const ends = new WeakMap<object, () => void>();
  app.server.on('connection', () => turns.hold());
  app.addHook('onRequest', async (request, reply) => {
    if (isFirst(request.url)) return undefined;
    const place = turns.enter();
    ends.set(reply, place.leave);
    reply.raw.once('close', place.leave);
    return (await place.turn) ? undefined : reply.hijack();
  });
  // What is left is to send; that of an event stream never ends.
  app.addHook('onSend', async (_request, reply) => ends.get(reply)?.());
}

interface Turns {
  enter(): Place;
  /** Nothing begins until the loop has turned without this being called, or for long enough. */
  hold(): void;
}

interface Place {
  /** True when it may begin, false when it left before. */
  readonly turn: Promise<boolean>;
  /** Ends the turn, or the waiting for it; may be called again. */
  readonly leave: () => void;
}

interface Waiting {
  readonly sinceMs: number;
  tell(mayBegin: boolean): void;
}

/** `nowMs` is of a clock that nobody moves. */
export function createTurns(isBusy: () => boolean, nowMs: () => number): Turns {
  const atWork = new Set<Waiting>();
  // In the order in which they came.
  const waiting = new Set<Waiting>();
  let look = null as NodeJS.Timeout | null;
  let hold = null as { readonly sinceMs: number; isNew: boolean } | null;

  const next = (): Waiting | undefined => {
    const [first] = waiting;
    if (first === undefined || nowMs() - first.sinceMs < patienceMs) return first;
    return [...waiting].at(-1);
  };
  const begin = (most: number): void => {
    const open = hold === null ? most : 0;
    for (let left = open; left > 0; left -= 1) {
      const one = next();
      if (one === undefined) break;
      waiting.delete(one);
      atWork.add(one);
      one.tell(true);
    }
    if (waiting.size > 0) {
      look ??= setInterval(() => begin(isBusy() ? 0 : atOnce), lookEachMs);
    } else if (look !== null) {
      clearInterval(look);
      look = null;
    }
  };
  const settle = (): void => {
    if (hold?.isNew === true && nowMs() - hold.sinceMs < longestHoldMs) {
      hold.isNew = false;
      setImmediate(settle);
      return;
    }
    hold = null;
    begin(atOnce - atWork.size);
  };
  return {
    hold: () => {
      if (hold === null) setImmediate(settle);
      hold = { sinceMs: hold?.sinceMs ?? nowMs(), isNew: true };
    },
    enter: () => {
      const { promise: turn, resolve: tell } = Promise.withResolvers<boolean>();
      const one = { sinceMs: nowMs(), tell };
      waiting.add(one);
      begin(waiting.size === 1 && !isBusy() ? 1 : atOnce - atWork.size);
      return {
        turn,
        leave: () => {
          if (waiting.delete(one)) tell(false);
          atWork.delete(one);
          begin(atOnce - atWork.size);
        },
      };
    },
  };
}

/** Whether the event loop of this thread had nothing to spare since it was asked last. */
function loopIsBusy(): () => boolean {
  let since = performance.eventLoopUtilization();
  let isBusy = false;
  return () => {
    const { idle, active, utilization } = performance.eventLoopUtilization(since);
    if (idle + active < shortestLookMs) return isBusy;
    isBusy = utilization >= busyShare;
    since = performance.eventLoopUtilization();
    return isBusy;
  };
}
