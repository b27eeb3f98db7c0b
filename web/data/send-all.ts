import { ApiError } from '../../src/operations/api-client/client.ts';

/**
 * Sends one for each id, all at once; those that the service had no room for follow one by one, each after the wait that it
 * was told. Throws the first other refusal once everything is sent.
 */
export async function sendAll(
  ids: readonly string[],
  send: (id: string) => Promise<unknown>,
  sleep: (ms: number) => Promise<unknown>,
): Promise<void> {
  const ends = await Promise.allSettled(ids.map(send));
  const reasons = ends.map((end): unknown => (end.status === 'rejected' ? end.reason : null));
  const refusals = reasons.filter((reason) => reason !== null && waitOf(reason) === null);
  const late = ids.filter((_id, index) => waitOf(reasons[index]) !== null);
  let waitMs = Math.max(0, ...reasons.map((reason) => waitOf(reason) ?? 0));
  for (const id of late) {
    for (let isSent = false; !isSent; ) {
      if (waitMs > 0) await sleep(waitMs);
      const reason = await send(id).then(
        () => null,
        (thrown: unknown) => thrown,
      );
      waitMs = waitOf(reason) ?? 0;
      isSent = waitMs === 0;
      if (isSent && reason !== null) refusals.push(reason);
    }
  }
  if (refusals.length > 0) throw refusals[0];
}

/** How long the service wants us to wait, in milliseconds; null when that is not what it says. */
function waitOf(reason: unknown): number | null {
  if (!(reason instanceof ApiError) || reason.kind !== 'rate_limited') return null;
  return Math.max(1, reason.retryAfterSeconds ?? 1) * 1000;
}
