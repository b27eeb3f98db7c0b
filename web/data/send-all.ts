import { ApiError } from '../../src/operations/api-client/client.ts';

/** One of several that were sent, and what the service said against it. */
export interface Refused<T> {
  readonly item: T;
  readonly reason: unknown;
}

/**
 * Sends one for each item, all at once; those that the service had no room for follow one by one, each after the wait that it
 * was told. Answers those that were refused for any other reason, in their order, once everything is sent.
 */
export async function sendAll<T>(
  items: readonly T[],
  send: (item: T) => Promise<unknown>,
  sleep: (ms: number) => Promise<unknown>,
): Promise<readonly Refused<T>[]> {
  const ends = await Promise.allSettled(items.map(send));
  const reasons = ends.map((end): unknown => (end.status === 'rejected' ? end.reason : null));
  let waitMs = Math.max(0, ...reasons.map((reason) => waitOf(reason) ?? 0));
  for (const [index, item] of items.entries()) {
    while (waitOf(reasons[index]) !== null) {
      if (waitMs > 0) await sleep(waitMs);
      reasons[index] = await send(item).then(
        () => null,
        (thrown: unknown) => thrown,
      );
      waitMs = waitOf(reasons[index]) ?? 0;
    }
  }
  return items.flatMap((item, index) =>
    reasons[index] === null ? [] : [{ item, reason: reasons[index] }],
  );
}

/** How long the service wants us to wait, in milliseconds; null when that is not what it says. */
function waitOf(reason: unknown): number | null {
  if (!(reason instanceof ApiError) || reason.kind !== 'rate_limited') return null;
  return Math.max(1, reason.retryAfterSeconds ?? 1) * 1000;
}
