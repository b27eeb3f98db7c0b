import type { Clock } from '../../lib/clock.ts';
import type { HealthCheck } from '../../platform/health/check.ts';
import { runChecks } from '../../platform/health/check.ts';
import type { Served } from '../gate.ts';
import { serve } from '../gate.ts';
import type { DoctorReport } from './contract.ts';
import { doctor, runHealth } from './contract.ts';

export type DoctorCheck = DoctorReport['checks'][number];

/** Checks of this machine by name; each measures, and says what mends it. */
export type DoctorChecks = (
  file: string | undefined,
  signal: AbortSignal,
) => readonly (() => Promise<DoctorCheck | readonly DoctorCheck[]>)[];

export function doctorHandlers(checks: DoctorChecks): readonly Served[] {
  return [
    serve(doctor, async ({ file }, { signal, progress }) => {
      const results: DoctorCheck[] = [];
      for (const check of checks(file, signal)) {
        const found = [await check()].flat();
        for (const { name, status } of found) progress(`${status}  ${name}`);
        results.push(...found);
      }
      return { healthy: results.every(({ status }) => status !== 'failed'), checks: results };
    }),
  ];
}

/** No check may take longer; what hangs is unknown. */
const checkDeadlineMs = 10_000;

/** `health.run`: the checks of this process, measured now. */
export function healthHandlers(ports: {
  readonly checks: () => readonly HealthCheck[];
  readonly clock: Clock;
}): readonly Served[] {
  return [
    serve(runHealth, async ({ categories }) => {
      const wanted: readonly string[] = categories;
      const checks = ports
        .checks()
        .filter(({ category }) => wanted.length === 0 || wanted.includes(category));
      const report = await runChecks(checks, { clock: ports.clock, deadlineMs: checkDeadlineMs });
      return {
        ...report,
        checks: [...report.checks],
        criticalIssues: [...report.criticalIssues],
        recommendations: [...report.recommendations],
      };
    }),
  ];
}
