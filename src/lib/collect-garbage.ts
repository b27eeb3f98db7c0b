import { performance } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

let collect: (() => void) | undefined;

/**
 * Gives back at once what nobody uses, where V8 would let it stand for a while. It holds everything up for about a
 * millisecond for each megabyte in use, so it is for work that makes much garbage over a long time.
 */
export function collectGarbage(): void {
  if (collect === undefined) {
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc') as () => void;
  }
  collect();
}

/** Between two looks at whether the process rests. */
const lookMs = 5_000;
/** The share of a look's time in which the event loop of a process at rest is at work, at most. */
const atRest = 0.1;
/** Looks at a process that is at work from its start, before it is spared for one all the same. */
const mostLooksAtWork = 12;

/**
 * Until it has rested for so long V8 collects as it does for a process in the background (13.6), whenever it rests: in
 * small steps it moves together what is left and gives the emptied pages back. Otherwise it keeps them for as long as
 * anything at all is allocated now and then, as by a service at rest. While the process is at work it collects as ever:
 * sparing costs it a fifth of its processor time. One that has been at work for a minute without a rest is spared for five
 * seconds: what its start wanted would be kept for good, 100 MB. Answers what ends it before.
 */
export function spareMemory(
  ms: number,
  setFlag: (flag: string) => void = setFlagsFromString,
  shareAtWork: () => number = sharesAtWork(),
): () => void {
  // For good: the second time in a row finds next to nothing.
  setFlag('--memory-reducer-gc-count=1');
  let isSparing = false;
  let sparedMs = 0;
  let looksAtWork = 0;
  const spare = (wanted: boolean): void => {
    if (wanted !== isSparing) setFlag(wanted ? '--optimize-for-size' : '--no-optimize-for-size');
    isSparing = wanted;
  };
  const timer = setInterval(() => {
    if (isSparing) sparedMs += lookMs;
    const rests = shareAtWork() <= atRest;
    if (!rests) looksAtWork += 1;
    if (sparedMs >= ms) end();
    else spare(rests || (sparedMs === 0 && looksAtWork === mostLooksAtWork));
  }, lookMs).unref();
  const end = (): void => {
    clearInterval(timer);
    spare(false);
  };
  return end;
}

/** Each call tells which share of the time since the one before the event loop was at work, 0 to 1. */
function sharesAtWork(): () => number {
  let before = performance.eventLoopUtilization();
  return () => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, before);
    before = now;
    return utilization;
  };
}
