import { performance } from 'node:perf_hooks';

/** Checks of one look come within this time of each other; a remedy that measures again comes later. */
const lookMs = 400;

/** Reads once for all checks of a look that are made from the same answer; a failed reading is not kept. */
export function sharedRead<T>(read: () => Promise<T>): () => Promise<T> {
  let last: { readonly at: number; readonly answer: Promise<T> } | null = null;
  return async () => {
    if (last !== null && performance.now() - last.at < lookMs) return await last.answer;
    const mine = { at: performance.now(), answer: read() };
    last = mine;
    try {
      return await mine.answer;
    } catch (error) {
      if (last === mine) last = null;
      throw error;
    }
  };
}
