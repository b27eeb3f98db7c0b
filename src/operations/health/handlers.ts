import type { Clock } from '../../lib/clock.ts';
import type { HealthCheck, HealthReport as Report } from '../../platform/health/check.ts';
import { runChecks } from '../../platform/health/check.ts';
import type { HealthStore } from '../../platform/health/health-store.ts';
import { databaseCheck } from '../../platform/health/service-checks.ts';
import type { Served } from '../gate.ts';
import { serve } from '../gate.ts';
import { permissionsOf } from '../permissions.ts';
import type { DoctorReport, HealthReport } from './contract.ts';
import { doctor, healthHistory, machineHealth, runHealth } from './contract.ts';

export type DoctorCheck = DoctorReport['checks'][number];

export interface DoctorRequest {
  /** The configuration; `config.json` here when not said. */
  readonly file: string | undefined;
  /** Which agents are put to work for a proof: `free` are those whose work costs nothing. The others are only looked for. */
  readonly proves: 'all' | 'free' | 'none';
  readonly signal: AbortSignal;
  readonly progress: (line: string) => void;
}

/** Checks of this machine; each measures, and says what mends it. */
export type DoctorChecks = (
  request: DoctorRequest,
) => readonly (() => Promise<DoctorCheck | readonly DoctorCheck[]>)[];

export function doctorHandlers(checks: DoctorChecks): readonly Served[] {
  return [
    serve(doctor, async ({ file, free }, { actor, signal, progress }) => {
      const results: DoctorCheck[] = [];
      // A program that embeds us may ask for anybody; at a terminal it is the person's own process that works.
      const mayWork = actor.kind === 'command_line' || permissionsOf(actor).has('service:run');
      const proves = !mayWork ? 'none' : free ? 'free' : 'all';
      for (const check of checks({ file, proves, signal, progress })) {
        const found = [await check()].flat();
        for (const { name, status } of found) progress(`${status}  ${name}`);
        results.push(...found);
      }
      return { healthy: results.every(({ status }) => status !== 'failed'), checks: results };
    }),
  ];
}

/** No check may take longer; what hangs is unknown. */
const checkDeadlineMs = 8000;
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const answerMs = 20_000;

export interface HealthPorts {
  readonly checks: () => readonly HealthCheck[];
  readonly clock: Clock;
  readonly store: Pick<HealthStore, 'answerer' | 'ask' | 'remedies' | 'reports' | 'history'>;
  readonly self: { readonly pid: number; readonly host: string };
}

/** `health.run`: asks the running service; without one this process measures, and says so. */
export function healthHandlers(ports: HealthPorts): readonly Served[] {
  return [
    serve(runHealth, async ({ categories }) => {
      const found = await ports.store.answerer().catch(() => null); // then the database check tells why
      const isSelf = found?.pid === ports.self.pid && found.host === ports.self.host;
      const answer =
        found === null || isSelf
          ? null
          : await ports.store.ask(categories, answerMs).catch(() => null);
      const by =
        found === null
          ? ({ kind: 'this_process', ...ports.self, why: 'no service runs' } as const)
          : isSelf || answer !== null
            ? ({ kind: 'service', pid: found.pid, host: found.host, why: null } as const)
            : ({
                kind: 'this_process',
                ...ports.self,
                why: `the service (process ${found.pid} on ${found.host}) did not answer within ${answerMs / 1000} s`,
              } as const);
      const report = answer ?? (await measure(ports, categories));
      const since = new Date(ports.clock.now().getTime() - dayMs);
      const [remedies, trend] = await Promise.all([
        ports.store.remedies(20).catch(() => []),
        ports.store.reports(since).catch(() => []),
      ]);
      return {
        ...answerOf(report, by, ports.clock),
        remedies: remedies.map((run) => ({ ...run, at: run.at.toISOString() })),
        trend: trend.map((past) => ({ ...past, at: past.at.toISOString() })),
      };
    }),
    serve(healthHistory, async ({ hours, steps }) => {
      const until = ports.clock.now();
      const stepMs = (hours * hourMs) / steps;
      const from = new Date(until.getTime() - steps * stepMs);
      const { overall, checks } = await ports.store.history(from, stepMs, steps);
      return {
        from: from.toISOString(),
        until: until.toISOString(),
        stepMs,
        at: Array.from({ length: steps }, (_step, index) =>
          new Date(from.getTime() + index * stepMs).toISOString(),
        ),
        overall: [...overall],
        checks: checks.map(({ name, values, statuses }) => ({
          name,
          values: [...values],
          statuses: [...statuses],
        })),
      };
    }),
  ];
}

/** `health.machine`: what is left to measure when there is no database; that it is away stands in the report. */
export function machineHealthHandlers(ports: {
  readonly checks: (file: string | undefined) => Promise<readonly HealthCheck[]>;
  readonly clock: Clock;
  readonly self: HealthPorts['self'];
}): readonly Served[] {
  return [
    serve(machineHealth, async ({ categories, file, problem }) => {
      const broken = databaseCheck(() => Promise.reject(new Error(problem)));
      const checks = [broken, ...(await ports.checks(file))];
      const report = await measure({ checks: () => checks, clock: ports.clock }, categories);
      const why = 'the database cannot be asked';
      return answerOf(report, { kind: 'this_process', ...ports.self, why }, ports.clock);
    }),
  ];
}

async function measure(
  { checks, clock }: Pick<HealthPorts, 'checks' | 'clock'>,
  categories: readonly string[],
): Promise<Report> {
  const wanted = checks().filter(
    ({ category }) => categories.length === 0 || categories.includes(category),
  );
  return await runChecks(wanted, { clock, deadlineMs: checkDeadlineMs });
}

function answerOf(
  report: Report,
  measuredBy: HealthReport['measuredBy'],
  clock: Clock,
): HealthReport {
  return {
    ...report,
    checks: [...report.checks],
    criticalIssues: [...report.criticalIssues],
    recommendations: [...report.recommendations],
    measuredBy,
    measuredAt: clock.now().toISOString(),
    remedies: [],
    trend: [],
  };
}
