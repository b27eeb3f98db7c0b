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
  /** Uses the remedies of what is not well in the report, and measures again. */
  heal(report: HealthReport, checks: readonly HealthCheck[]): Promise<readonly RemedyRun[]>;
}

const hourMs = 3_600_000;
const mostPerHour = 3;

/** At most three uses of a remedy an hour; the next one gives up, once, until the hour is over or the check is well. */
export function createHealer(deps: HealerDeps): Healer {
  const used = new Map<string, readonly number[]>();
  const givenUp = new Set<string>();
  let unkept: readonly RemedyRun[] = [];
  const keepAll = async (runs: readonly RemedyRun[]): Promise<void> => {
    unkept = [...unkept, ...runs].slice(-100);
    while (unkept[0] !== undefined) {
      try {
        await deps.keep(unkept[0]);
      } catch (error) {
        deps.log.debug({ error }, 'What a remedy did is kept later.');
        return;
      }
      unkept = unkept.slice(1);
    }
  };
  const recent = (name: string): readonly number[] =>
    (used.get(name) ?? []).filter((at) => at > deps.clock.monotonicMs() - hourMs);
  const use = async (
    remedy: Remedy,
    before: CheckResult,
    check: HealthCheck,
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
    return { ...run, ...(await actAndMeasure(deps, remedy, check)) };
  };
  return {
    heal: async (report, checks) => {
      const runs: RemedyRun[] = [];
      for (const remedy of deps.remedies) {
        const result = report.checks.find(({ name }) => name === remedy.check);
        const check = checks.find(({ name }) => name === remedy.check);
        if (result === undefined || check === undefined) continue;
        if (result.status === 'healthy') givenUp.delete(remedy.name);
        const isOdd = result.status === 'degraded' && remedy.isLastResort !== true;
        if (!isOdd && result.status !== 'unhealthy') continue;
        if ((await remedy.canHelp?.().catch(() => false)) === false) continue;
        const run = await use(remedy, result, check);
        if (run !== null) runs.push(run);
      }
      for (const run of runs) deps.log.warn({ ...run }, 'a remedy was used');
      await keepAll(runs);
      return runs;
    },
  };
}

async function actAndMeasure(
  deps: HealerDeps,
  remedy: Remedy,
  check: HealthCheck,
): Promise<Pick<RemedyRun, 'action' | 'after' | 'outcome'>> {
  const { clock, patienceMs = 20_000 } = deps;
  let action: string;
  try {
    action = await deps.audited(remedy, () => remedy.act(AbortSignal.timeout(patienceMs)));
  } catch (error) {
    return { action: `It failed: ${messageOf(error)}`, after: 'not measured', outcome: 'failed' };
  }
  const until = clock.monotonicMs() + patienceMs;
  for (;;) {
    const { checks } = await runChecks([check], { clock, deadlineMs: 10_000 });
    const [after] = checks;
    if (after?.status === 'healthy') return { action, after: after.evidence, outcome: 'recovered' };
    if (clock.monotonicMs() > until) {
      return { action, after: after?.evidence ?? 'not measured', outcome: 'not_recovered' };
    }
    await clock.sleep(500);
  }
}
