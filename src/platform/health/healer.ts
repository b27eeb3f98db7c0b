import { messageOf } from '../../lib/app-error.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import type { CheckResult, HealthCheck, HealthReport } from './check.ts';
import { runChecks } from './check.ts';
import type { RemedyRun } from './health-store.ts';

/** Something that can be done about a check that is not well. */
export interface Remedy {
  readonly name: string;
  /** The check that calls for it and that is measured again. */
  readonly check: string;
  /** Only when it is unhealthy; otherwise when it is degraded too. */
  readonly isLastResort?: boolean;
  /** Whether there is anything that it could do; when not said, always. What cannot help is not used up. */
  readonly canHelp?: () => Promise<boolean>;
  /** How long it may act, where that is not the same for all; a use that ends too soon is over before it could help. */
  readonly actsMs?: number;
  /** Does it; answers what was done, as a sentence. */
  readonly act: (signal: AbortSignal) => Promise<string>;
}

export interface HealerDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly remedies: readonly Remedy[];
  /** Wraps the act in its audit entry, which is on disk before anything is done. */
  readonly audited: <T>(remedy: Remedy, act: () => Promise<T>) => Promise<T>;
  /** Kept as soon as the store takes it. */
  readonly keep: (run: RemedyRun) => Promise<void>;
  /** A remedy was tried as often as it may be and did not help. */
  readonly alert: (run: RemedyRun) => void;
  /** How long a remedy may take to show, and how long it may act. */
  readonly patienceMs?: number;
}

export interface Healer {
  /** Uses the remedies of what is not well in the report, and measures again. What acts is ended by `stop`. */
  heal(
    report: HealthReport,
    checks: readonly HealthCheck[],
    stop?: AbortSignal,
  ): Promise<readonly RemedyRun[]>;
}

const hourMs = 3_600_000;
const mostPerHour = 3;

/**
 * At most three uses of a remedy an hour; the next one gives up, once, until the hour is over or the check is well.
 * Remedies act side by side, and one that is still at work is not begun again, so that none waits for another that
 * does not help.
 */
export function createHealer(deps: HealerDeps): Healer {
  const used = new Map<string, readonly number[]>();
  const givenUp = new Set<string>();
  const atWork = new Set<string>();
  const keepAll = createRunKeeper(deps);
  const recent = (name: string): readonly number[] =>
    (used.get(name) ?? []).filter((at) => at > deps.clock.monotonicMs() - hourMs);
  const use = async (
    remedy: Remedy,
    before: CheckResult,
    check: HealthCheck,
    stop: AbortSignal | undefined,
  ): Promise<RemedyRun | null> => {
    const { name } = remedy;
    const run = { at: deps.clock.now(), remedy: name, check: check.name, before: before.evidence };
    if (recent(name).length >= mostPerHour) {
      if (givenUp.has(name)) return null;
      givenUp.add(name);
      const action = `Nothing more: it was used ${mostPerHour} times within an hour.`;
      const last: RemedyRun = { ...run, action, after: before.evidence, outcome: 'gave_up' };
      deps.alert(last);
      return last;
    }
    givenUp.delete(name);
    used.set(name, [...recent(name), deps.clock.monotonicMs()]);
    return { ...run, ...(await actAndMeasure(deps, remedy, check, stop)) };
  };
  const consider = async (
    remedy: Remedy,
    result: CheckResult,
    check: HealthCheck,
    stop: AbortSignal | undefined,
  ): Promise<RemedyRun | null> => {
    if (result.status === 'healthy') givenUp.delete(remedy.name);
    const isOdd = result.status === 'degraded' && remedy.isLastResort !== true;
    if (!isOdd && result.status !== 'unhealthy') return null;
    if (atWork.has(remedy.name)) return null;
    atWork.add(remedy.name);
    try {
      if ((await remedy.canHelp?.().catch(() => false)) === false) return null;
      const run = await use(remedy, result, check, stop);
      if (run === null) return null;
      deps.log.warn({ ...run }, 'a remedy was used');
      await keepAll([run]);
      return run;
    } finally {
      atWork.delete(remedy.name);
    }
  };
  return {
    heal: async (report, checks, stop) => {
      const considered = deps.remedies.flatMap((remedy) => {
        const result = report.checks.find(({ name }) => name === remedy.check);
        const check = checks.find(({ name }) => name === remedy.check);
        return result === undefined || check === undefined
          ? []
          : [consider(remedy, result, check, stop)];
      });
      const [runs] = await Promise.all([Promise.all(considered), keepAll([])]);
      return runs.filter((run) => run !== null);
    },
  };
}

/** Keeps what was done, in its order; what the store does not take is tried again with the next. */
function createRunKeeper({
  keep,
  log,
}: Pick<HealerDeps, 'keep' | 'log'>): (runs: readonly RemedyRun[]) => Promise<void> {
  let unkept: readonly RemedyRun[] = [];
  let keeping: Promise<void> = Promise.resolve();
  const keepUnkept = async (): Promise<void> => {
    while (unkept[0] !== undefined) {
      try {
        await keep(unkept[0]);
      } catch (error) {
        log.debug({ error }, 'What a remedy did is kept later.');
        return;
      }
      unkept = unkept.slice(1);
    }
  };
  return async (runs) => {
    keeping = keeping.then(() => {
      unkept = [...unkept, ...runs].slice(-100);
      return keepUnkept();
    });
    await keeping;
  };
}

async function actAndMeasure(
  deps: HealerDeps,
  remedy: Remedy,
  check: HealthCheck,
  stop: AbortSignal = new AbortController().signal,
): Promise<Pick<RemedyRun, 'action' | 'after' | 'outcome'>> {
  const { clock, patienceMs = 20_000 } = deps;
  const { actsMs = patienceMs } = remedy;
  let action: string;
  try {
    action = await deps.audited(remedy, () =>
      remedy.act(AbortSignal.any([AbortSignal.timeout(actsMs), stop])),
    );
  } catch (error) {
    return { action: `It failed: ${messageOf(error)}`, after: 'not measured', outcome: 'failed' };
  }
  const until = clock.monotonicMs() + patienceMs;
  for (;;) {
    const { checks } = await runChecks([check], { clock, deadlineMs: 10_000 });
    const [after] = checks;
    if (after?.status === 'healthy') return { action, after: after.evidence, outcome: 'recovered' };
    if (clock.monotonicMs() > until || stop.aborted) {
      return { action, after: after?.evidence ?? 'not measured', outcome: 'not_recovered' };
    }
    await clock.sleep(500);
  }
}
