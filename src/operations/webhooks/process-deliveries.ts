import { messageOf } from '../../lib/app-error.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import type { Inbox, Lane } from '../../platform/inbox/inbox.ts';
import type { Look } from './looks.ts';
import { looksOf, standsAt } from './looks.ts';

export interface DeliveryProcessor {
  /** Something new has come. */
  wake(): void;
  /** Ends after what is under way. */
  close(): Promise<void>;
}

export interface ProcessorDeps {
  readonly inbox: Pick<Inbox, 'due' | 'done' | 'failed'>;
  readonly look: (look: Look) => Promise<void>;
  /** Told what each delivery says and where that stands; nothing of it is believed. */
  readonly see: (place: string, text: string) => Promise<void>;
  /** Runs the body as the unit of work that the delivery began. */
  readonly within: <T>(deliveryId: string, look: Look, body: () => Promise<T>) => Promise<T>;
  readonly clock: Clock;
  readonly log: Log;
}

/** What another process put back into the queue is found within this time. */
const restMs = 5000;
/** What waits for its next try, while there is some. */
const tickMs = 2000;
/** A delivery that failed waits longer each time, so what comes after this long need not be found to the second. */
const busyMs = 60_000;
const portion = 500;

/** Works through the inbox: what many deliveries ask for is looked at once. */
export function processDeliveries(deps: ProcessorDeps): DeliveryProcessor {
  const stop = new AbortController();
  const wakers = new Set<() => void>();
  const lanes = (['quick', 'slow'] as const).map((lane) =>
    runLane(deps, lane, stop.signal, wakers),
  );
  const wake = (): void => {
    for (const waker of wakers) waker();
  };
  return {
    wake,
    close: async () => {
      stop.abort();
      wake();
      await Promise.all(lanes);
    },
  };
}

async function runLane(
  deps: ProcessorDeps,
  lane: Lane,
  stopped: AbortSignal,
  wakers: Set<() => void>,
): Promise<void> {
  let isNews = true;
  let hadWorkMs = Number.NEGATIVE_INFINITY;
  let rest = new AbortController();
  wakers.add(() => {
    isNews = true;
    rest.abort();
  });
  while (!stopped.aborted) {
    isNews = false;
    let worked: number | null = null;
    let nextTry: Date | null = null;
    try {
      ({ worked, nextTry } = await workOnce(deps, lane));
    } catch (error) {
      deps.log.error({ lane, error }, 'deliveries could not be worked through; they wait');
    }
    if (worked === portion) continue;
    rest = new AbortController();
    if (isNews || stopped.aborted) continue;
    if (worked !== 0) hadWorkMs = deps.clock.monotonicMs();
    const isBusy = deps.clock.monotonicMs() - hadWorkMs < busyMs;
    // Its own next try is not waited for any longer than it has to.
    const untilTryMs = (nextTry?.getTime() ?? Infinity) - deps.clock.now().getTime();
    const waitMs = Math.max(0, Math.min(isBusy ? tickMs : restMs, untilTryMs));
    await deps.clock.sleep(waitMs, rest.signal).catch(() => undefined); // woken
  }
}

/** Answers how many deliveries it took, and when the first of those that failed is tried again. */
async function workOnce(
  { inbox, look, see, within, log }: ProcessorDeps,
  lane: Lane,
): Promise<{ readonly worked: number; readonly nextTry: Date | null }> {
  const deliveries = await inbox.due(lane, portion);
  if (deliveries.length === 0) return { worked: 0, nextTry: null };
  const wanted = new Map<string, { readonly look: Look; readonly ids: string[] }>();
  for (const { id, event, body } of deliveries) {
    const text = Buffer.from(body).toString('utf8');
    const payload: unknown = JSON.parse(text);
    await see(standsAt(payload), text);
    for (const one of looksOf(event, payload)) {
      const key = JSON.stringify(one).toLowerCase();
      const same = wanted.get(key) ?? { look: one, ids: [] };
      same.ids.push(id);
      wanted.set(key, same);
    }
  }
  const failed = new Map<string, string>();
  // What names its issue comes first: a look at all of them would take it for nobody's.
  const inOrder = [...wanted.values()].toSorted(
    (a, b) => Number(b.look.kind === 'issue') - Number(a.look.kind === 'issue'),
  );
  for (const { look: one, ids } of inOrder) {
    try {
      await within(ids[0] ?? '', one, () => look(one));
    } catch (error) {
      log.warn({ ...one, error }, 'a look after a delivery failed; it is tried again');
      for (const id of ids) failed.set(id, messageOf(error));
    }
  }
  const done = deliveries.filter(({ id }) => !failed.has(id)).map(({ id }) => id);
  if (done.length > 0) await inbox.done(done);
  let nextTry: Date | null = null;
  for (const reason of new Set(failed.values())) {
    const ids = [...failed].filter(([, one]) => one === reason).map(([id]) => id);
    const next = await inbox.failed(ids, reason);
    if (next !== null && (nextTry === null || next < nextTry)) nextTry = next;
  }
  return { worked: deliveries.length, nextTry };
}
