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

/**
 * For so long V8 collects as it does for a process in the background (13.6): once little happens, in small steps, it moves
 * together what is left and gives the emptied pages back. Otherwise it keeps them for as long as anything at all is
 * allocated now and then, as by a service at rest. Answers what ends it before.
 */
export function spareMemory(
  ms: number,
  setFlag: (flag: string) => void = setFlagsFromString,
): () => void {
  setFlag('--optimize-for-size');
  // For good: the second time in a row finds next to nothing.
  setFlag('--memory-reducer-gc-count=1');
  const end = (): void => setFlag('--no-optimize-for-size');
  const timer = setTimeout(end, ms).unref();
  return () => {
    clearTimeout(timer);
    end();
  };
}
