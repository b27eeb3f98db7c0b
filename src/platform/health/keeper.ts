import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import type { Random } from '../../lib/random.ts';
import { startPeriodic } from '../durable/periodic.ts';
import type { CheckResult, HealthCheck, HealthReport } from './check.ts';
import { runChecks } from './check.ts';
import type { Healer } from './healer.ts';
import type { Answerer, HealthStore } from './health-store.ts';

export interface KeeperDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly self: Answerer;
  readonly store: HealthStore;
  /** Built anew for each look, because the configuration may have changed. */
  readonly checks: () => readonly HealthCheck[];
  /** Calls back when somebody asked; answers what stops it. */
  readonly onAsked?: ((call: () => void) => () => Promise<void>) | undefined;
  readonly healer: Healer;
  /** Hears of each look at everything, before anything is mended. */
  readonly seen?: (report: HealthReport) => void;
  /** Between two looks; 10 s when not said. */
  readonly everyMs?: number;
}

const keptMs = 7 * 86_400_000;
/** How often it is looked for questions where nobody says that there are any. */
const answerEveryMs = 1000;
/** Where it is said; what was said while nobody heard it is found so. */
const answerToldEveryMs = 5000;
/** A row of the trend a minute. */
const reportEveryMs = 60_000;

/** While a service runs: answers those who ask, looks at everything every ten seconds, mends, and keeps the trend. */
export function keepHealth(deps: KeeperDeps): () => Promise<void> {
  const { store, self, clock, healer } = deps;
  let keptAt = Number.NEGATIVE_INFINITY;
  const measure = async (categories: readonly string[] = []): Promise<HealthReport> => {
    const wanted = deps
      .checks()
      .filter(({ category }) => categories.length === 0 || categories.includes(category));
    return await runChecks(wanted, { clock, deadlineMs: 8000 });
  };
  const measured = new Map<string, { readonly atMs: number; readonly result: CheckResult }>();
  let missed: ReadonlySet<string> = new Set();
  const known = ({ name, everyMs = 0 }: HealthCheck): CheckResult | undefined => {
    const last = measured.get(name);
    const isSick = last?.result.status === 'degraded' || last?.result.status === 'unhealthy';
    if (last === undefined || isSick || missed.has(name)) return undefined;
    return clock.monotonicMs() - last.atMs < everyMs ? last.result : undefined;
  };
  const mending = new Set<Promise<void>>();
  const stopping = new AbortController();
  // Not waited for: what takes long to mend must not keep the next look from seeing something else.
  const mend = (report: HealthReport): void => {
    const run = healer.heal(report, deps.checks(), stopping.signal).then(
      () => undefined,
      (error: unknown) => deps.log.error({ error }, 'Mending failed.'),
    );
    mending.add(run);
    void run.finally(() => mending.delete(run));
  };
  const look = async (): Promise<void> => {
    const unseen = new Set<string>();
    const report = await runChecks(deps.checks(), {
      clock,
      deadlineMs: 8000,
      known,
      missed: (name) => unseen.add(name),
    });
    missed = unseen;
    for (const result of report.checks) {
      if (measured.get(result.name)?.result !== result)
        measured.set(result.name, { atMs: clock.monotonicMs(), result });
    }
    deps.seen?.(report);
    mend(report);
    if (clock.monotonicMs() - keptAt < reportEveryMs) return;
    keptAt = clock.monotonicMs();
    await store.keepReport(self, report);
    await store.prune(new Date(clock.now().getTime() - keptMs));
  };
  let answering: Promise<void> = Promise.resolve();
  const answer = (): Promise<void> => {
    answering = answering.catch(() => undefined).then(() => store.serve(self, measure)); // told by who waited for it
    return answering;
  };
  const everyMs = deps.onAsked === undefined ? answerEveryMs : answerToldEveryMs;
  const unheard = deps.onAsked?.(() => {
    answer().catch((error: unknown) =>
      deps.log.warn({ error }, 'A question for the health is answered at the next look.'),
    );
  });
  const stops = [
    async () => await unheard?.(),
    startPeriodic({ name: 'health answers', everyMs, work: answer }, deps),
    startPeriodic({ name: 'health', everyMs: deps.everyMs ?? 10_000, work: look }, deps),
  ];
  return async () => {
    stopping.abort();
    await Promise.all(stops.map((stop) => stop()));
    await Promise.all(mending);
    await store.leave(self).catch((error: unknown) => {
      deps.log.debug({ error: String(error) }, 'The next ones see that this process left.');
    });
  };
}
